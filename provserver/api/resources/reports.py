"""The effective settings of a device, and its files."""

from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import observed as models
from provserver.api.models.shared import PageQuery
from provserver.api.resources.devices import found
from provserver.domain.device import Device, DeviceType
from provserver.domain.errors import NotFound
from provserver.services.dect.handset_views import effective_handset, handset_report
from provserver.services.fetching.files import AskedFile, files_of, files_of_handset
from provserver.services.paging import page_of
from provserver.services.settings import reports
from provserver.services.settings.effective import EffectiveDevice, off_loop
from provserver.services.settings.reports import SettingReport


async def settings(call: Call[None, None]) -> Answer:
    """The effective settings of a device, with the layer each value comes from."""
    device = await found(call)
    if device.type is DeviceType.DECT_HANDSET:
        handset = await effective_handset(call.face.configurations, device)
        return _settings(device, handset.base, handset_report(handset))
    effective = await _effective(call, device)
    return _settings(effective.device, effective, reports.report(effective))


def _settings(device: Device, effective: EffectiveDevice, found: reports.DeviceReport) -> Answer:
    return Answer(
        200,
        models.Settings(
            device_id=device.id,
            device=device.id,
            vendor=effective.vendor.vendor,
            model=device.model,
            accepted_proofs=list(effective.access.accepted),
            given_proof=effective.access.given,
            settings=[_setting(setting) for setting in found.settings],
            vendor_overrides=[_setting(setting) for setting in found.vendor_overrides],
            lines=[
                models.SettingsLine.of(line, user=line.user_id, parameters=_parameters(line.parameters))
                for line in found.lines
            ],
            not_rendered=found.not_rendered,
            buttons=[
                models.SettingsButton.of(button, parameters=_parameters(button.parameters)) for button in found.buttons
            ],
        ),
    )


async def list_files(call: Call[PageQuery, None]) -> Answer:
    """The files that the phone requests; for a handset those of its base that contain it."""
    _, files = await _files(call)
    page = page_of(files, lambda file: file.name, page_request(call.query))
    return listing(call.request, page, _file)


async def content(call: Call[None, None]) -> Answer:
    """The content of a file as the phone gets it, with secrets masked."""
    name = call.path["name"]
    effective, files = await _files(call)
    if effective is None or name not in (file.name for file in files):
        raise NotFound("this phone requests no such file, or the answer is 404")
    document = await off_loop(effective.device, lambda: reports.masked_file(call.face.renderer, effective, name))
    text = document.body.decode("utf-8")
    return Answer(200, models.FileContent(name=name, content_type=document.content_type, content=text))


async def _files(call: Call[Any, None]) -> tuple[EffectiveDevice | None, list[AskedFile]]:
    """The files, and the device they belong to; none for a handset without a base."""
    device = await found(call)
    if device.type is not DeviceType.DECT_HANDSET:
        effective = await _effective(call, device)
        return effective, list(files_of(effective))
    if device.base_id is None:
        return None, []
    base = await call.face.configurations.effective(call.account.id, device.base_id)
    return base, list(files_of_handset(base))


async def _effective(call: Call[Any, None], device: Device) -> EffectiveDevice:
    return await call.face.configurations.effective(call.account.id, device.id)


def _file(file: AskedFile) -> models.File:
    return models.File.of(file.rule, name=file.name, rule=file.rule.id, served=file.served, pairing=file.pairing)


def _setting(setting: SettingReport) -> models.Setting:
    return models.Setting.of(
        setting,
        shadows=[models.Shadow(layer=layer, value=value) for layer, value in setting.shadows],
        parameters=_parameters(setting.parameters),
    )


def _parameters(pairs: list[tuple[str, str]]) -> list[models.Parameter]:
    return [models.Parameter(name=name, value=value) for name, value in pairs]
