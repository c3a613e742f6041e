"""What is effective on a device, and the files it becomes."""

from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import observed as models
from provserver.api.models.shared import PageQuery
from provserver.services import reports
from provserver.services.effective import EffectiveDevice, off_loop
from provserver.services.files import AskedFile, files_of
from provserver.services.paging import page_of
from provserver.services.reports import SettingReport


async def settings(call: Call[None, None]) -> Answer:
    """Every effective setting of a device with its provenance."""
    effective = await _effective(call)
    found = reports.report(effective)
    device = effective.device
    return Answer(
        200,
        models.Settings(
            device_id=device.id,
            device=device.id,
            vendor=effective.vendor.vendor,
            model=device.model,
            settings=[_setting(setting) for setting in found.settings],
            vendor_overrides=[_setting(setting) for setting in found.vendor_overrides],
            lines=[
                models.SettingsLine(
                    line_number=line.line_number,
                    user_id=line.user_id,
                    user=line.user_id,
                    parameters=_parameters(line.parameters),
                )
                for line in found.lines
            ],
            not_rendered=found.not_rendered,
        ),
    )


async def list_files(call: Call[PageQuery, None]) -> Answer:
    """The files that the phone asks for."""
    files = list(files_of(await _effective(call)))
    page = page_of(files, lambda file: file.name, page_request(call.query))
    return listing(call.request, page, _file)


async def content(call: Call[None, None]) -> Answer:
    """The content of a file as the phone gets it, with secrets masked."""
    effective, name = await _effective(call), call.path["name"]
    document = await off_loop(effective.device, lambda: reports.masked_file(call.face.renderer, effective, name))
    text = document.body.decode("utf-8")
    return Answer(200, models.FileContent(name=call.path["name"], content_type=document.content_type, content=text))


async def _effective(call: Call[Any, None]) -> EffectiveDevice:
    await call.face.contacts.flush()
    return await call.face.configurations.effective(call.account.id, call.path["id"])


def _file(file: AskedFile) -> models.File:
    rule = file.rule
    return models.File.of(rule, name=file.name, rule=rule.id, served=rule.template is not None)


def _setting(setting: SettingReport) -> models.Setting:
    return models.Setting.of(
        setting,
        shadows=[models.Shadow(layer=layer, value=value) for layer, value in setting.shadows],
        parameters=_parameters(setting.parameters),
    )


def _parameters(pairs: list[tuple[str, str]]) -> list[models.Parameter]:
    return [models.Parameter(name=name, value=value) for name, value in pairs]
