"""Devices as shown by the API: with lines, handsets, masked overrides, and whether the phone is up to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provserver.domain.device import Account, ConfigState, Device, DeviceType
from provserver.domain.freshness import shared_stamp
from provserver.services.change import Change
from provserver.services.dect.slots import max_handsets
from provserver.services.settings.effective import Configurations
from provserver.services.settings.masking import masked_own
from provserver.store import assignments, device_lists, layers
from provserver.store.assignments import Line
from provserver.store.database import Connection


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device with related data. `not_rendered`: line numbers beyond the model's limit.

    `chain_id`: that of a base's multicell system, which is stored on its data master only.
    """

    device: Device
    overrides: dict[str, Any]
    lines: list[Line]
    not_rendered: list[int]
    handsets: list["DeviceView"]
    max_handsets: int | None
    chain_id: str | None
    config_state: ConfigState

    @property
    def everyone(self) -> list[Device]:
        """The device, and for a base its handsets."""
        return [self.device, *(view.device for view in self.handsets)]


@dataclass(frozen=True, slots=True)
class _Belongings:
    lines: dict[str, list[Line]]
    handsets: dict[str, list[Device]]
    documents: dict[str, dict[str, Any]]
    above: dict[str, Device]


async def shared_stamp_of(conn: Connection, configurations: Configurations, account: Account) -> str:
    """The current shared part of the stamp of all devices of the account."""
    revision = await layers.platform_revision(conn)
    return shared_stamp(configurations.edition, revision, account.revision)


async def views(configurations: Configurations, account: Account, devices: Sequence[Device]) -> list[DeviceView]:
    """The views of devices of one account, in the same order. Opens its own transactions.

    A handset has the state of its base.
    """
    database = configurations.database
    async with database.read() as conn:
        bases = [device.id for device in devices if device.type is DeviceType.DECT_BASE]
        handsets = await device_lists.handsets_of_bases(conn, bases)
        everyone = [*(device.id for device in devices), *(one.id for listed in handsets.values() for one in listed)]
        referred = {above for device in devices for above in (device.base_id, device.data_master_id) if above}
        above = {device.id: device for device in await device_lists.devices_by_id(conn, referred)}
        belongings = _Belongings(
            lines=await assignments.lines_of_devices(conn, database.sealer, everyone),
            handsets=handsets,
            documents=await layers.read_documents(conn, database.sealer, everyone),
            above={**above, **{device.id: device for device in devices}},
        )
        stamp = await shared_stamp_of(conn, configurations, account)
    fetching = {device.base_id or device.id for device in devices}
    fetched = [device for device in belongings.above.values() if device.id in fetching and device.mac is not None]
    states = await configurations.config_states(fetched, {account.id: stamp})
    return [_view(configurations, device, belongings, states) for device in devices]


async def fresh_view(change: Change, configurations: Configurations, device: Device) -> DeviceView:
    """The view of a device created in this transaction, which has nothing but overrides yet."""
    documents = await layers.read_documents(change.conn, change.sealer, [device.id])
    referred = {above for above in (device.base_id, device.data_master_id) if above}
    above = {other.id: other for other in await device_lists.devices_by_id(change.conn, referred)}
    return _view(configurations, device, _Belongings({device.id: []}, {}, documents, above), {})


def _view(
    configurations: Configurations, device: Device, belongings: _Belongings, states: dict[str, ConfigState]
) -> DeviceView:
    vendor = configurations.catalogue.dialect_of(belongings.above.get(device.base_id or "", device))
    lines = belongings.lines[device.id]
    limit = vendor.model(device.model).lines if vendor and device.type is DeviceType.DESKPHONE else None
    beyond = [line.line_number for line, _ in lines if limit is not None and line.line_number > limit]
    fetches_as = (device.base_id or "") if device.type is DeviceType.DECT_HANDSET else device.id
    return DeviceView(
        device=device,
        overrides=masked_own(belongings.documents.get(device.id, {}), vendor),
        lines=lines,
        not_rendered=beyond,
        handsets=[
            _view(configurations, handset, belongings, states) for handset in belongings.handsets.get(device.id, [])
        ],
        max_handsets=max_handsets(configurations.catalogue, device) if device.type is DeviceType.DECT_BASE else None,
        chain_id=belongings.above.get(device.data_master_id or "", device).chain_id,
        config_state=states.get(fetches_as, ConfigState.NEVER),
    )
