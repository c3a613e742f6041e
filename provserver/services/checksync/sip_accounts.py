"""The SIP accounts that a phone registers, and how to reach each; for check-sync and registration state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.checksync import Route, Target
from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.errors import Impossible, NotFound
from provserver.domain.layers import Resolved, resolve
from provserver.domain.lines import Line
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor
from provserver.services.devices.parts import read_parts, repeated_of
from provserver.services.settings.effective import layers_of
from provserver.store.database import Connection
from provserver.store.fetches import FetchRecord, find_by_id
from provserver.store.sealing import Sealer

CHAIN_ACCOUNT = 0
"""The line number of the account named by a multicell system's chain id, which belongs to no handset."""


@dataclass(frozen=True, slots=True)
class SipAccounts:
    """The lines in a desk phone's or base's file, with the settings that apply to them.

    `chain_id`: set for a base that also has an account of that name. `handset_slots`: handset id -> slot.
    """

    record: FetchRecord
    vendor: Vendor
    lines: tuple[Line, ...]
    resolved: Resolved
    chain_id: str | None = None
    handset_slots: Mapping[str, int] = field(default_factory=dict)

    @property
    def device(self) -> Device:
        """The desk phone or base."""
        return self.record.device

    @property
    def is_base(self) -> bool:
        """Whether it is a base, which all its accounts lead to."""
        return self.device.type is DeviceType.DECT_BASE

    def targets(self, event: str, proxy: str | None) -> Iterator[tuple[Target, Route]]:
        """The targets and routes for a NOTIFY with `event`; lines without a SIP domain are left out."""
        mac = self.device.mac
        if mac is None:
            return
        for line in self.lines:
            if not line.problem:
                yield self._target(line, mac, event), _route(line.values, line.resolved or self.resolved, proxy)
        domain = self.resolved.value("sip.domain") or self.resolved.value("sip.server")
        if self.chain_id and domain:
            yield self._chain_target(self.chain_id, domain, mac, event), _route({}, self.resolved, proxy)

    def without_domain(self) -> list[Line]:
        """The lines without a SIP domain, which cannot be addressed."""
        return [line for line in self.lines if line.problem]

    def _target(self, line: Line, mac: Mac, event: str) -> Target:
        return Target(
            line_number=line.number,
            username=line.username,
            domain=line.values["line.domain"],
            auth_username=line.values.get("line.auth_username"),
            password=line.values["line.password"],
            mac=mac,
            source_address=self.device.current_ip_address,
            event=event,
        )

    def _chain_target(self, chain_id: str, domain: str, mac: Mac, event: str) -> Target:
        address = self.device.current_ip_address
        return Target(CHAIN_ACCOUNT, chain_id, domain, None, "", mac, address, event)


async def read_accounts(
    conn: Connection, sealer: Sealer, catalogue: Catalogue, account_id: str, device_id: str
) -> SipAccounts:
    """The accounts of a desk phone or base; for a handset those of its base.

    Raises `NotFound`, or `Impossible` with code `unpaired` or `vendor_unknown`.
    """
    record = await find_by_id(conn, account_id, device_id)
    if record is not None and record.device.type is DeviceType.DECT_HANDSET:
        if record.device.base_id is None:
            raise Impossible("the handset is not paired with a base", code="unpaired")
        record = await find_by_id(conn, account_id, record.device.base_id)
    if record is None:
        raise NotFound("there is no such device")
    device = record.device
    vendor = catalogue.dialect_of(device) or next(iter(catalogue.dialects_of(device.vendor)), None)
    if vendor is None:
        reason = f"there is no vendor file that says what makes a {device.vendor} fetch anew"
        raise Impossible(reason, code="vendor_unknown", details={"vendor": "has no vendor file"})
    parts = await read_parts(conn, sealer, device)
    layers = layers_of(record.account, record.open_layers(sealer), vendor.dialect, None)
    resolved = resolve(layers)
    repeated = repeated_of(device, parts, layers, resolved)
    limit = vendor.model(device.model).lines
    lines = tuple(line for line in repeated.lines if limit is None or line.number <= limit)
    has_chain = vendor.check_sync.chain_account and device.multicell_role is MulticellRole.DATA_MASTER
    slots = {one.device.id: one.device.slot_number or 0 for one in parts.handsets}
    return SipAccounts(record, vendor, lines, resolved, repeated.chain_id if has_chain else None, slots)


def _route(line: Mapping[str, Any], resolved: Resolved, proxy: str | None) -> Route:
    domain = line.get("line.domain") or resolved.value("sip.domain")
    return Route(
        proxy=proxy,
        outbound_proxy=resolved.value("sip.outbound_proxy"),
        server=line.get("line.server") or resolved.value("sip.server") or domain,
        domain=domain,
        port=resolved.value("sip.port"),
        transport=resolved.value("sip.transport"),
    )
