"""`vendors`: the catalogue, and which setting becomes what."""

import click
from rich.console import Console
from rich.table import Table

from provserver.cli.options import config_option
from provserver.config import Config
from provserver.domain.coverage import coverage_of
from provserver.domain.device import DeviceType
from provserver.domain.errors import NotFound
from provserver.domain.vendor import Catalogue, Model, Vendor
from provserver.domain.vocabulary import VOCABULARY
from provserver.server import load_vendors


@click.command()
@click.argument("vendor", required=False)
@config_option
def vendors(vendor: str | None, config: Config) -> None:
    """Show vendors, models, and what settings become.

    All vendors with the coverage of every setting; with VENDOR its models and the parameters each setting becomes.
    """
    catalogue, _ = load_vendors(config)
    console = Console()
    if vendor is None:
        console.print(_vendors_table(catalogue))
        console.print(_coverage_table(catalogue))
        return
    dialects = catalogue.dialects_of(vendor)
    if not dialects:
        raise NotFound(f"there is no vendor {vendor}; known are {', '.join(sorted(catalogue.by_vendor))}")
    for dialect in dialects:
        console.print(_models_table(dialect))
        if dialect.is_rendered:
            console.print(_settings_table(dialect))


def _vendors_table(catalogue: Catalogue) -> Table:
    table = Table("vendor", "file", "name", "for", "MAC prefixes", "models", "evidence", title="vendors")
    for vendor in catalogue.dialects.values():
        prefixes, count = " ".join(vendor.mac_prefixes), str(len(vendor.models))
        table.add_row(vendor.vendor, vendor.dialect, vendor.name, vendor.type, prefixes, count, vendor.evidence)
    return table


def _coverage_table(catalogue: Catalogue) -> Table:
    rendered = [vendor for vendor in catalogue.dialects.values() if vendor.is_rendered]
    table = Table("setting", *(vendor.dialect for vendor in rendered), title="coverage")
    for path in VOCABULARY:
        table.add_row(path, *(coverage_of(vendor, path).mark for vendor in rendered))
    return table


def _models_table(vendor: Vendor) -> Table:
    table = Table("model", "lines", "keys", "expansion", "handsets", "evidence", "", title=f"{vendor.name} models")
    for name, model in vendor.models.items():
        table.add_row(
            name,
            _count(model.lines),
            _count(model.keys),
            _expansion(model),
            _count(model.handsets) if vendor.type is DeviceType.DECT_BASE else "",
            model.evidence or "",
            f"not rendered: {model.not_rendered}" if model.not_rendered else "",
        )
    return table


def _settings_table(vendor: Vendor) -> Table:
    table = Table("setting", "coverage", "parameters, or why not", title=f"{vendor.name} settings")
    for path in VOCABULARY:
        coverage = coverage_of(vendor, path)
        table.add_row(path, coverage.mark, "\n".join((*coverage.parameters, *coverage.reasons)))
    return table


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _expansion(model: Model) -> str:
    return f"{model.expansion.modules} x {model.expansion.keys}" if model.expansion else ""
