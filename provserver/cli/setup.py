"""`init`, `check` and `migrate`: setup and maintenance."""

import json
from pathlib import Path

import click

from provserver.cli.options import config_option, run_async
from provserver.config import Config
from provserver.config.loading import load_config
from provserver.database_setup import ensure_platform_key, open_database, prepare_data
from provserver.domain.errors import BadConfiguration
from provserver.foundation import load_vendors
from provserver.listeners import tls_setups
from provserver.shipped import shipped
from provserver.store.migrate import migrate as migrate_schema


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(directory: Path) -> None:
    """Write config.yaml into DIRECTORY; create key file and database.

    DIRECTORY defaults to the current folder. The configuration contains every key with comments. Prints the platform
    API key once on stdout. Refuses to overwrite anything.
    """
    path = directory / "config.yaml"
    if path.exists():
        raise BadConfiguration(f"{path} exists; remove it first, or use another directory")
    directory.mkdir(parents=True, exist_ok=True)
    data = (directory / "data").resolve()
    example = shipped("config.example.yaml").read_text(encoding="utf-8")
    quoted = json.dumps(str(data), ensure_ascii=False)  # quoted, as a path may contain YAML syntax
    path.write_text(example.replace("data_dir: data\n", f"data_dir: {quoted}\n"), encoding="utf-8")
    config = load_config(path, {})
    prepare_data(config)
    run_async(_create(config))
    click.echo(f"wrote {path}; run: provserver serve --config {path}", err=True)


async def _create(config: Config) -> None:
    async with open_database(config) as database:
        await migrate_schema(database)
        key = await ensure_platform_key(config, database)
    if key:
        click.echo("the platform API key, shown this once:", err=True)
        click.echo(key)


@click.command()
@config_option
def check(config: Config) -> None:
    """Check configuration, certificates, vendor files and templates.

    Reports file, line and key of every error; exit code 1 if there is any.
    """
    catalogue, _ = load_vendors(config, thorough=True)
    tls_setups(config, catalogue.vendor_named)
    models = sum(len(vendor.models) for vendor in catalogue.dialects.values())
    click.echo(f"configuration fine; {len(catalogue.by_vendor)} vendors with {models} models fine")


@click.command()
@config_option
def migrate(config: Config) -> None:
    """Migrate the database schema to this version.

    Does nothing if it is current. `serve` does the same when it starts.
    """
    prepare_data(config)
    run_async(_migrate(config))


async def _migrate(config: Config) -> None:
    async with open_database(config) as database:
        changed = await migrate_schema(database)
    click.echo("the schema was brought to this version" if changed else "the schema is of this version already")
