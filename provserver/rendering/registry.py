"""`registry.txt` beside the vendor files: blocks of MAC addresses by the companies that the IEEE has registered.

A company stands on a line of its own, its blocks on the indented lines below, as hexadecimal prefixes. A vendor file
names its companies under `registered`.
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
    """Companies with their blocks; of two with one name the one in the earlier folder counts."""
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
    """The vendor with the blocks of its companies as well; what its file itself says of a block counts.

    Raises `BadConfiguration` for companies that the registry does not have.
    """
    unknown = [company for company in vendor.registered if company not in registry]
    if unknown:
        raise BadConfiguration(f"{vendor.dialect}.yaml: registered: {FILE} does not have {', '.join(unknown)}")
    blocks = {block: _REGISTERED for company in vendor.registered for block in registry[company]}
    return vendor.model_copy(update={"mac_prefixes": blocks | vendor.mac_prefixes}) if blocks else vendor
