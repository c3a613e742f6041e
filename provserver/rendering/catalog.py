"""Loads vendors/*.yaml into a Catalogue. All errors are reported together, with file, line and key."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment
from pydantic import ValidationError

from provserver import __version__
from provserver.domain.catalogue import Catalogue
from provserver.domain.errors import BadConfiguration
from provserver.domain.vendor import Vendor
from provserver.rendering.registry import read_registry, with_registered
from provserver.rendering.template_checks import check_templates, template_sources
from provserver.rendering.vendor_checks import check_vendor
from provserver.rendering.zonefiles import DATABASE
from provserver.strictyaml import Document, parse


def load_catalogue(
    folders: Sequence[Path], environment: Environment, *, salt: str = "", released: Path | None = None
) -> Catalogue:
    """Read all vendor files. If two have the same name, the one in the earlier folder is used.

    `salt`: other inputs of this server's files, included in the digest besides the time zone database version.
    `released`: folder of templates known to compile, so that compiling them is deferred until first use, for a fast
    start. Raises `BadConfiguration` with one line per error.
    """
    problems: list[str] = []
    vendors: dict[str, Vendor] = {}
    registry = read_registry(folders)
    digest = sha256(f"{__version__}{salt}{DATABASE}{registry}".encode())
    for path in _vendor_files(folders):
        try:
            text = _text_of(path)
            digest.update(text.encode())
            document = parse(text, str(path))
            vendor = with_registered(_read(document, path), registry)
        except BadConfiguration as error:
            problems.append(error.message)
            continue
        found = chain(check_vendor(vendor), check_templates(vendor, environment, released))
        problems.extend(document.place(key) + f": {reason}" for key, reason in found)
        vendors[vendor.dialect] = vendor
    problems.extend(_clashes(vendors))
    if not vendors and not problems:
        problems.append(f"no vendor files in {', '.join(map(str, folders))}")
    if problems:
        raise BadConfiguration("\n".join(problems))
    for source in template_sources(vendors, environment):
        digest.update(source.encode())
    return Catalogue(vendors, digest.hexdigest()[:12])


def _vendor_files(folders: Sequence[Path]) -> list[Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.name, path)
    return [found[name] for name in sorted(found)]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadConfiguration(f"{path}: is not UTF-8 text") from None


def _read(document: Document, path: Path) -> Vendor:
    try:
        vendor = Vendor.model_validate(document.value)
    except ValidationError as error:
        raise BadConfiguration("\n".join(_findings(error, document))) from None
    if vendor.dialect != path.stem:
        key = "dialect" if "dialect" in document.value else "vendor"
        raise BadConfiguration(f"{document.place((key,))}: must be {path.stem}, as the file is named")
    return vendor


def _findings(error: ValidationError, document: Document) -> Iterator[str]:
    for finding in error.errors(include_url=False, include_context=False):
        reason = finding["msg"].removeprefix("Value error, ")
        yield f"{document.place(_without_shortcuts(finding['loc'], document.value))}: {reason}"


def _without_shortcuts(loc: tuple[int | str, ...], value: Any) -> tuple[int | str, ...]:
    """The path as written in the file. A single mapping may be written without its list, and then has no index."""
    path: list[int | str] = []
    for key in loc:
        if isinstance(key, int) and not isinstance(value, list):
            continue
        path.append(key)
        value = (
            value[key]
            if isinstance(value, list) and isinstance(key, int) and key < len(value)
            else (value.get(key) if isinstance(value, dict) else None)
        )
    return tuple(path)


def _clashes(vendors: dict[str, Vendor]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for vendor in vendors.values():
        for prefix in (prefix for prefix, block in vendor.mac_prefixes.items() if not block.shared):
            if prefix in owners:
                yield f"{vendor.dialect}.yaml: mac_prefixes: {prefix} is also claimed by {owners[prefix]}.yaml"
            owners[prefix] = vendor.dialect
    names: dict[str, Vendor] = {}
    for vendor in vendors.values():
        for name in {spelled.casefold(): None for spelled in (vendor.vendor, *vendor.aliases)}:
            if name in names and names[name].vendor != vendor.vendor:
                yield f"{vendor.dialect}.yaml: aliases: {name} also names {names[name].dialect}.yaml"
            names[name] = vendor
