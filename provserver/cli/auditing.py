"""`audit`: exports the audit log."""

import csv
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import click

from provserver.cli.moments import since
from provserver.cli.options import config_option, run_async
from provserver.config import Config
from provserver.database_setup import open_database
from provserver.services.audit import AuditEntry, AuditFilter, list_entries
from provserver.services.paging import Page, PageRequest, every_page
from provserver.store.database import Database

_COLUMNS = [field.name for field in fields(AuditEntry)]


@click.command()
@config_option
@click.option("--account", metavar="ID", help="Only this account.")
@click.option("--key", "key_id", metavar="ID", help="Only changes by this API key.")
@click.option("--resource", metavar="ID", help="Only this device, user, account, key …")
@click.option("--action", metavar="NAME", help="Only this action, such as device.updated.")
@click.option("--since", type=since, metavar="WHEN", help="Start: a time, a date, or a duration before now like 7d.")
@click.option("--until", type=since, metavar="WHEN", help="End (exclusive), in the same formats.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", help="jsonl (default) or csv.")
def audit(config: Config, form: str, account: str | None, resource: str | None, **chosen: Any) -> None:
    """Print every change with who made it, newest first.

    One JSON object per line, or a table in CSV. Secrets are masked or omitted.
    """
    run_async(_export(config, AuditFilter(account_id=account, resource_id=resource, **chosen), form))


async def _export(config: Config, chosen: AuditFilter, form: str) -> None:
    write = _csv_writer() if form == "csv" else _json_line
    async with open_database(config) as database:
        async for entry in _entries(database, chosen):
            write({name: _plain(value) for name, value in asdict(entry).items()})


async def _entries(database: Database, chosen: AuditFilter) -> AsyncIterator[AuditEntry]:
    async def fetch(request: PageRequest) -> Page[AuditEntry]:
        async with database.read() as conn:  # one transaction per page, so that a long export blocks no writers
            return await list_entries(conn, request, chosen)

    async for page in every_page(fetch):
        for entry in page.items:
            yield entry


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _json_line(entry: dict[str, Any]) -> None:
    click.echo(json.dumps(entry, ensure_ascii=False))


def _csv_writer() -> Callable[[dict[str, Any]], None]:
    writer = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
    writer.writeheader()

    def write(entry: dict[str, Any]) -> None:
        writer.writerow({name: _cell(value) for name, value in entry.items()})

    return write


def _cell(value: Any) -> Any:
    """Objects as JSON; text that a spreadsheet would treat as a formula is quoted."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
