"""Performs a check-sync: notifies a phone and records the outcome."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from provserver.domain.checksync import LineOutcome
from provserver.domain.device import ConfigState, Device, Event
from provserver.domain.errors import Impossible
from provserver.domain.freshness import shared_stamp
from provserver.services.checksync.notifying import Sender
from provserver.services.checksync.resync_reports import LineReport, ResyncReport
from provserver.services.checksync.sip_accounts import SipAccounts, read_accounts
from provserver.services.settings.effective import Configurations
from provserver.services.sources import Sources
from provserver.store.assignments import devices_of_user
from provserver.store.audit import AuditEntry, insert_audit
from provserver.store.database import Connection
from provserver.store.devices import set_notified, unset_notified
from provserver.store.events import insert_events, set_event_details

Claim = Callable[[Connection], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to send, and on whose behalf.

    `only_if_stale`: skip a phone with the current configuration. `claim`: called in the transaction before the NOTIFY;
    if it returns False, nothing is sent. `details`: added to the events.
    """

    key_id: str
    reboot: bool = False
    only_if_stale: bool = False
    request_id: str | None = None
    source_ip: str | None = None
    claim: Claim | None = None
    details: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Resync:
    """Notifies phones. One per process."""

    configurations: Configurations
    sender: Sender
    sources: Sources

    async def notify(self, account_id: str, device_id: str, order: Order) -> ResyncReport | None:
        """Notify the phone of a device, or the base of a handset; None if the order's claim was refused.

        Raises `NotFound`, or `Impossible` for a vendor without a vendor file.
        """
        accounts = await self._accounts(account_id, device_id)
        if accounts is None:
            return await self._unpaired(device_id, order)
        if order.only_if_stale and await self._has_it_all(accounts):
            return ResyncReport(accounts.device.id, skipped=True)
        event = await self._begin(accounts, device_id, order)
        if event is None:
            return None
        outcomes = await self.sender.send(accounts, reboot=order.reboot)
        report = await self._report(accounts, outcomes)
        await self._finish(event, report)
        return report

    async def is_current(self, account_id: str, device_id: str) -> bool:
        """Whether the phone has its current configuration. Raises like `notify`."""
        accounts = await self._accounts(account_id, device_id)
        return accounts is not None and await self._has_it_all(accounts)

    async def _accounts(self, account_id: str, device_id: str) -> SipAccounts | None:
        database, catalogue = self.configurations.database, self.configurations.catalogue
        try:
            async with database.read() as conn:
                return await read_accounts(conn, database.sealer, catalogue, account_id, device_id)
        except Impossible as error:
            if error.code == "unpaired":
                return None
            raise

    async def _has_it_all(self, accounts: SipAccounts) -> bool:
        record = accounts.record
        shared = shared_stamp(self.configurations.edition, record.platform_revision, record.account.revision)
        states = await self.configurations.config_states([record.device], {record.account.id: shared})
        return states[record.device.id] is ConfigState.CURRENT

    async def _begin(self, accounts: SipAccounts, named: str, order: Order) -> Event | None:
        """Record the check-sync before sending, because the phone's fetch may come before its response."""
        device = accounts.device
        event = self._event(device, order)
        events = [event]
        if named != device.id:
            events.append(replace(event, id=self.sources.new_id("evt"), device_id=named, details=_by_base(event)))

        async def begin(conn: Connection) -> bool:
            if order.claim is None:  # a job has its own audit entry
                await insert_audit(conn, self._entry(event, named, order))
            elif not await order.claim(conn):
                return False
            await insert_events(conn, events)
            await set_notified(conn, device.id, at=event.created_at, event_id=event.id)
            return True

        return event if await self.configurations.database.settle(begin) else None

    def _event(self, device: Device, order: Order) -> Event:
        return Event(
            id=self.sources.new_id("evt"),
            account_id=device.account_id,
            device_id=device.id,
            type="check_sync",
            created_at=self.sources.now(),
            request_id=order.request_id,
            details={"reboot": order.reboot, "outcome": "sent", **dict(order.details), "key_id": order.key_id},
        )

    def _entry(self, event: Event, named: str, order: Order) -> AuditEntry:
        return AuditEntry(
            id=self.sources.new_id("aud"),
            account_id=event.account_id,
            key_id=order.key_id,
            created_at=event.created_at,
            action="device.check_sync",
            resource_id=named,
            after={"reboot": order.reboot},
            request_id=order.request_id,
            source_ip=order.source_ip,
        )

    async def _unpaired(self, device_id: str, order: Order) -> ResyncReport | None:
        if order.claim is not None and not await self.configurations.database.settle(order.claim):
            return None
        return ResyncReport(device_id, why="the handset is not paired with a base")

    async def _report(self, accounts: SipAccounts, outcomes: list[LineOutcome]) -> ResyncReport:
        """Build the report; for a NOTIFY sent to all devices of a user, with their ids."""
        users = {line.number: line.user_id for line in accounts.lines}
        lines, device = [], accounts.device
        own = {device.id, *accounts.handset_slots}
        async with self.configurations.database.read() as conn:
            for outcome in outcomes:
                aimless = not outcome.targeted and outcome.line_number in users
                known = await devices_of_user(conn, users[outcome.line_number]) if aimless else []
                lines.append(LineReport(outcome, tuple(sorted(one for one in known if one not in own))))
        why = None if lines else _why_nothing(accounts)
        return ResyncReport(device.id, tuple(lines), why=why)

    async def _finish(self, event: Event, report: ResyncReport) -> None:
        details = {**event.details, **report.details}
        failed = replace(
            event,
            id=self.sources.new_id("evt"),
            type="check_sync_failed",
            created_at=self.sources.now(),
            details={**details, "notified_event": event.id},
        )

        async def finish(conn: Connection) -> None:
            await set_event_details(conn, event.id, details)
            if event.device_id and not report.may_have_arrived:
                await unset_notified(conn, event.device_id, event.id)
            if not report.success:
                await insert_events(conn, [failed])

        await self.configurations.database.settle(finish)


def _by_base(event: Event) -> dict[str, Any]:
    return {"reboot": event.details["reboot"], "base_id": event.device_id, "notified_event": event.id}


def _why_nothing(accounts: SipAccounts) -> str:
    if accounts.device.data_master_id:
        return f"a secondary base has no accounts; notify its data master {accounts.device.data_master_id}"
    return "nobody is assigned to the device" if not accounts.is_base else "nobody is assigned to a handset of the base"
