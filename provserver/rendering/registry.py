"""Reads `registry.txt`, beside the vendor files: MAC blocks by the companies registered with the IEEE.

Each company is on a line of its own, followed by indented lines with its blocks as hexadecimal prefixes. Vendor files
name their companies under `registered`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from provserver.domain.errors import BadConfiguration
from provserver.domain.phone_signs import Prefix
from provserver.domain.vendor import Vendor

FILE = "registry.txt"
Registry = Mapping[str, tuple[str, ...]]
_REGISTERED = Prefix()


def read_registry(folders: Sequence[Path]) -> Registry:
    """The blocks of each company. If two files have the same company, the one in the earlier folder is used."""
    companies: dict[str, tuple[str, ...]] = {}
    for path in (folder / FILE for folder in reversed(folders)):
        if path.exists():
            companies |= dict(_read(path))
    return companies


def _read(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    company, blocks = "", list[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            blocks += line.split()
        elif line and not line.startswith("#"):
            if company:
                yield company, tuple(blocks)
            company, blocks = line, []
    if company:
        yield company, tuple(blocks)


def with_registered(vendor: Vendor, registry: Registry) -> Vendor:
    """Add the blocks of the vendor's companies. Blocks in the vendor file itself take precedence.

    Raises `BadConfiguration` for a company that is not in the registry.
    """
    unknown = [company for company in vendor.registered if company not in registry]
    if unknown:
        raise BadConfiguration(f"{vendor.dialect}.yaml: registered: {FILE} does not have {', '.join(unknown)}")
    blocks = {block: _REGISTERED for company in vendor.registered for block in registry[company]}
    return vendor.model_copy(update={"mac_prefixes": blocks | vendor.mac_prefixes}) if blocks else vendor
