"""`vendors`: shows the catalogue and how settings are written."""

import click
from rich.table import Table

from provserver.cli.options import config_option
from provserver.cli.tables import console, table
from provserver.config import Config
from provserver.domain.button_types import ButtonType
from provserver.domain.catalogue import Catalogue
from provserver.domain.coverage import buttons_of, coverage_of
from provserver.domain.device import DeviceType
from provserver.domain.errors import NotFound
from provserver.domain.models import Model
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import VOCABULARY
from provserver.foundation import load_vendors


@click.command()
@click.argument("vendor", required=False)
@config_option
def vendors(vendor: str | None, config: Config) -> None:
    """Show vendors, models, and how settings are written.

    Without VENDOR: all vendors and the coverage of every setting. With VENDOR: its models, and the parameters of each
    setting.
    """
    catalogue, _ = load_vendors(config)
    printer = console()
    if vendor is None:
        printer.print(_vendors_table(catalogue))
        printer.print(_coverage_table(catalogue))
        return
    dialects = catalogue.dialects_of(vendor)
    if not dialects:
        raise NotFound(f"there is no vendor {vendor}; known are {', '.join(sorted(catalogue.by_vendor))}")
    for dialect in dialects:
        printer.print(_models_table(dialect))
        if dialect.is_rendered:
            printer.print(_settings_table(dialect))
            printer.print(_buttons_table(dialect))


def _vendors_table(catalogue: Catalogue) -> Table:
    rows = table("vendor", "file", "name", "for", "models", "get files", "MAC prefixes", "evidence", title="vendors")
    for vendor in catalogue.dialects.values():
        rendered = sum(model.not_rendered is None for model in vendor.models.values())
        counts = [str(count) for count in (len(vendor.models), rendered, len(vendor.mac_prefixes))]
        rows.add_row(vendor.vendor, vendor.dialect, vendor.name, vendor.type, *counts, vendor.evidence)
    return rows


def _coverage_table(catalogue: Catalogue) -> Table:
    """A row per setting. With dozens of files, those without support are what people look for."""
    rendered = [vendor for vendor in catalogue.dialects.values() if vendor.is_rendered]
    rows = table("setting", "files", "some models only", "not", "not confirmed", title="coverage", rules=True)
    for path in VOCABULARY:
        marks = {vendor.dialect: coverage_of(vendor, path).mark for vendor in rendered}
        some = " ".join(name for name, mark in marks.items() if mark.startswith("some"))
        lacking = [name for name, mark in marks.items() if mark == "no"]
        doubtful = " ".join(name for name, mark in marks.items() if mark.endswith("?"))
        rows.add_row(path, str(len(rendered) - len(lacking)), some, " ".join(lacking), doubtful)
    return rows


def _models_table(vendor: Vendor) -> Table:
    rows = table("model", "lines", "keys", "expansion", "handsets", "evidence", "", title=f"{vendor.name} models")
    for name, model in vendor.models.items():
        rows.add_row(
            name,
            _count(model.lines),
            _count(model.keys),
            _expansion(model),
            _count(model.handsets) if vendor.type is DeviceType.DECT_BASE else "",
            model.evidence or "",
            f"not rendered: {model.not_rendered}" if model.not_rendered else "",
        )
    return rows


def _settings_table(vendor: Vendor) -> Table:
    rows = table("setting", "coverage", "parameters, or why not", title=f"{vendor.name} settings")
    for path in VOCABULARY:
        coverage = coverage_of(vendor, path)
        rows.add_row(path, coverage.mark, "\n".join((*coverage.parameters, *coverage.reasons)))
    return rows


def _buttons_table(vendor: Vendor) -> Table:
    rows = table("button", "coverage", "fields of the key, or why not", title=f"{vendor.name} programmable keys")
    for kind in ButtonType:
        found = buttons_of(vendor, kind)
        rows.add_row(kind, found.mark, "\n".join((*found.parameters, *found.reasons)))
    return rows


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _expansion(model: Model) -> str:
    return f"{model.expansion.modules} x {model.expansion.keys}" if model.expansion else ""
