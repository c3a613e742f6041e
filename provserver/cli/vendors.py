"""`vendors`: the catalogue, and which setting becomes what."""

import click
from rich.console import Console
from rich.table import Table

from provserver.cli.options import config_option
from provserver.config import Config
from provserver.domain.coverage import coverage_of
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
    found = catalogue.named(vendor)
    if found is None:
        raise NotFound(f"there is no vendor {vendor}; known are {', '.join(sorted(catalogue.vendors))}")
    console.print(_models_table(found))
    console.print(_settings_table(found))


def _vendors_table(catalogue: Catalogue) -> Table:
    table = Table("vendor", "name", "MAC prefixes", "models", "evidence", title="vendors")
    for vendor in catalogue.vendors.values():
        prefixes = " ".join(vendor.mac_prefixes)
        table.add_row(vendor.vendor, vendor.name, prefixes, str(len(vendor.models)), vendor.evidence)
    return table


def _coverage_table(catalogue: Catalogue) -> Table:
    table = Table("setting", *catalogue.vendors, title="coverage")
    for path in VOCABULARY:
        table.add_row(path, *(coverage_of(vendor, path).mark for vendor in catalogue.vendors.values()))
    return table


def _models_table(vendor: Vendor) -> Table:
    table = Table("model", "lines", "keys", "expansion", "evidence", title=f"{vendor.name} models")
    for name, model in vendor.models.items():
        table.add_row(name, _count(model.lines), _count(model.keys), _expansion(model), model.evidence or "")
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
