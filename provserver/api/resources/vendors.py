"""The catalogue of vendors and models."""

from collections.abc import Iterable, Iterator

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import observed as models
from provserver.api.models.shared import PageQuery
from provserver.domain.button_types import ButtonType
from provserver.domain.coverage import buttons_of
from provserver.domain.errors import NotFound
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import VOCABULARY
from provserver.services.paging import page_of
from provserver.services.settings.coverage import becomes, covered

Dialects = list[Vendor]


async def list_all(call: Call[PageQuery, None]) -> Answer:
    """All vendors, by name."""
    vendors = sorted(call.face.catalogue.by_vendor.values(), key=_name)
    return listing(call.request, page_of(vendors, _name, page_request(call.query)), _summary)


async def get(call: Call[None, None]) -> Answer:
    """One vendor, with its models and how each setting is written."""
    dialects = call.face.catalogue.dialects_of(call.path["vendor"])
    if not dialects:
        raise NotFound("there is no such vendor")
    models_of = [
        models.Model.of(
            model,
            name=name,
            dialect=one.dialect,
            capabilities=sorted(model.capabilities),
            also=list(model.also),
            max_position=one.key_layout(name).max_position,
        )
        for one in dialects
        for name, model in one.models.items()
    ]
    settings = [
        models.VendorSetting(dialect=one.dialect, path=path, parameters=becomes(one, path), **covered(one, path))
        for one in dialects
        if one.is_rendered
        for path in VOCABULARY
    ]
    proofs = _merged(one.proofs for one in dialects)
    told = {"proofs": proofs, "models": models_of, "settings": settings, "buttons": list(_buttons(dialects))}
    return Answer(200, models.Vendor.of(dialects[0], **_shared(dialects), **told))


def _buttons(dialects: Dialects) -> Iterator[models.VendorButton]:
    for one in dialects:
        for kind in ButtonType if one.is_rendered else ():
            found = buttons_of(one, kind)
            told = {"supported": found.mark != "no", "some_models": found.mark.startswith("some")}
            yield models.VendorButton(dialect=one.dialect, type=kind, **told, reason="; ".join(found.reasons) or None)


def _name(dialects: Dialects) -> str:
    return dialects[0].vendor


def _summary(dialects: Dialects) -> models.VendorSummary:
    names = _merged(one.models for one in dialects)
    return models.VendorSummary.of(dialects[0], **_shared(dialects), models=names)


def _shared(dialects: Dialects) -> dict[str, list[str]]:
    return {
        "aliases": _merged(one.aliases for one in dialects),
        "mac_prefixes": sorted(_merged(one.mac_prefixes for one in dialects)),
    }


def _merged(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(item for items in lists for item in items))
