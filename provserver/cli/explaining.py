"""`render` and `explain`: what a phone gets, and why."""

import click
from rich.table import Table

from provserver.cli.options import config_option, run_async
from provserver.cli.tables import console, table
from provserver.config import Config
from provserver.domain.errors import NotFound
from provserver.domain.file_rules import FileRule
from provserver.domain.mac import parse_mac
from provserver.domain.vocabulary import SECRETS
from provserver.foundation import Foundation, open_foundation
from provserver.rendering.outcomes import Outcome
from provserver.services.fetching.files import files_of
from provserver.services.settings.effective import EffectiveDevice, masked, render
from provserver.services.settings.masking import MASK
from provserver.services.settings.reports import button_report, zone_exception
from provserver.services.settings.zone_changes import TIMEZONE, told_of
from provserver.store.fetches import find_by_mac


@click.command("render")
@click.argument("mac")
@config_option
@click.option(
    "--file", "name", metavar="NAME", help="File name as requested by the phone; absent: its configuration file."
)
@click.option("--user-agent", metavar="UA", help="Use this User-Agent.")
@click.option("--reveal", is_flag=True, help="Show secrets.")
def render_file(mac: str, config: Config, name: str | None, user_agent: str | None, reveal: bool) -> None:
    """Print the file that the phone MAC would get now.

    Secrets are masked. Nothing is sent to the phone, and nothing is recorded.
    """
    run_async(_render(mac, config, name, user_agent, reveal))


async def _render(mac: str, config: Config, name: str | None, user_agent: str | None, reveal: bool) -> None:
    async with open_foundation(config) as foundation:
        effective = await _effective(foundation, mac, user_agent or "")
        rule = _rule(effective, name)
        document = render(foundation.renderer, effective if reveal else masked(effective), rule)
    click.echo(document.body.decode(), nl=False)


async def _effective(foundation: Foundation, mac_text: str, user_agent: str = "") -> EffectiveDevice:
    mac = parse_mac(mac_text, "MAC")
    async with foundation.database.read() as conn:
        record = await find_by_mac(conn, mac)
    if record is None:
        raise NotFound(f"there is no device {mac}")
    return await foundation.configurations.effective(record.account.id, record.device.id, user_agent=user_agent)


def _rule(effective: EffectiveDevice, name: str | None) -> FileRule:
    if name is None:
        return next(rule for rule in effective.vendor.files if rule.provisions)
    for file in files_of(effective):
        if file.name.casefold() == name.casefold() and file.served:
            return file.rule
    known = ", ".join(file.name for file in files_of(effective) if file.served)
    raise NotFound(f"this phone gets no file {name}; it gets {known}")


@click.command()
@click.argument("mac")
@config_option
def explain(mac: str, config: Config) -> None:
    """Show every setting of the phone MAC and where it comes from.

    For each setting: its value, the layer that set it, and the vendor parameter it is written as, or why it is not
    supported.
    """
    run_async(_explain(mac, config))


async def _explain(mac: str, config: Config) -> None:
    async with open_foundation(config) as foundation:
        effective = await _effective(foundation, mac)
    printer = console()
    device = effective.device
    printer.print(f"{device.mac}  {effective.vendor.name} {device.model or 'model not known yet'}  {device.status}")
    access = effective.access
    printer.print(f"accepted proofs: {', '.join(access.accepted) or 'none'}; its file gives: {access.given or 'none'}")
    printer.print(_settings_table(effective))
    if effective.resolved.vendor_overrides:
        printer.print(_overrides_table(effective))
    if effective.translation.buttons:
        printer.print(_buttons_table(effective))
    for line in effective.lines:
        if line.problem:
            printer.print(f"line {line.number}: {line.problem}")
    beyond = effective.translation.lines_not_rendered
    if beyond:
        printer.print(f"lines beyond this model, not rendered: {', '.join(map(str, beyond))}")


def _settings_table(effective: EffectiveDevice) -> Table:
    rows = table("setting", "value", "layer", "becomes, or why not", title="settings")
    for path, outcome in sorted(effective.translation.outcomes.items()):
        entry = effective.resolved.settings.get(path)
        if entry is None and not outcome.parameters:
            continue
        value = MASK if path in SECRETS else _shown(entry.value) if entry else ""
        became = _became(outcome)
        if path == TIMEZONE and (told := zone_exception(effective)):
            became = f"{became}\n{told_of(told)}"
        rows.add_row(path, value, entry.layer if entry else "assignment", became)
    return rows


def _overrides_table(effective: EffectiveDevice) -> Table:
    rows = table("parameter", "value", "layer", title="vendor overrides")
    shown = {item.identity: item for item in masked(effective).translation.parameters}
    for name, entry in effective.resolved.vendor_overrides.items():
        rows.add_row(name, shown[name].value, entry.layer)
    return rows


def _buttons_table(effective: EffectiveDevice) -> Table:
    rows = table("position", "type", "label", "from", "becomes, or why not", title="keys")
    for placed in effective.translation.buttons:
        shown = button_report(placed, effective.translation.parameters)
        became = [f"{name} = {value}" for name, value in shown.parameters]
        became += [f"not on the phone: {shown.reason}"] if shown.reason else []
        rows.add_row(str(shown.position), shown.type, shown.label, shown.source, "\n".join(became))
    return rows


def _became(outcome: Outcome) -> str:
    parts = [f"{item.identity} = {MASK if item.secret else item.value}" for item in outcome.parameters]
    if outcome.carried_by and not parts:
        parts.append(f"with {outcome.carried_by}")
    return "\n".join([*parts, *(f"not expressed: {reason}" for reason in outcome.reasons)])


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
