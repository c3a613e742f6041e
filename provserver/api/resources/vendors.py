"""The catalogue of vendors and models."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import observed as models
from provserver.api.models.shared import PageQuery
from provserver.domain.errors import NotFound
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import VOCABULARY
from provserver.services.coverage import becomes, covered
from provserver.services.paging import page_of


async def list_all(call: Call[PageQuery, None]) -> Answer:
    """All vendors, by name."""
    vendors = sorted(call.face.catalogue.vendors.values(), key=lambda vendor: vendor.vendor)
    page = page_of(vendors, lambda vendor: vendor.vendor, page_request(call.query))
    return listing(call.request, page, _summary)


async def get(call: Call[None, None]) -> Answer:
    """One vendor with its models and what each setting becomes."""
    vendor = call.face.catalogue.named(call.path["vendor"])
    if vendor is None:
        raise NotFound("there is no such vendor")
    models_of = [
        models.Model.of(model, name=name, capabilities=sorted(model.capabilities), also=list(model.also))
        for name, model in vendor.models.items()
    ]
    settings = [
        models.VendorSetting(path=path, parameters=becomes(vendor, path), **covered(vendor, path))
        for path in VOCABULARY
    ]
    return Answer(
        200,
        models.Vendor.of(
            vendor,
            aliases=list(vendor.aliases),
            mac_prefixes=sorted(vendor.mac_prefixes),
            proofs=list(vendor.proofs),
            models=models_of,
            settings=settings,
        ),
    )


def _summary(vendor: Vendor) -> models.VendorSummary:
    return models.VendorSummary.of(
        vendor,
        aliases=list(vendor.aliases),
        mac_prefixes=sorted(vendor.mac_prefixes),
        models=list(vendor.models),
    )
