"""What the catalogue says it can express."""

from provserver.domain.vendor import Catalogue, Mapping
from provserver.domain.vocabulary import VOCABULARY
from provserver.services.coverage import becomes, covered, settings_schema


def test_every_setting_says_where_it_stands_with_every_vendor(catalogue: Catalogue) -> None:
    for vendor in catalogue.vendors.values():
        for path in VOCABULARY:
            facts = covered(vendor, path)
            assert facts["supported"] or facts["reason"], (vendor.vendor, path)
            if facts["supported"] and not VOCABULARY[path].expressed_by:
                assert becomes(vendor, path), (vendor.vendor, path)


def test_only_some_models(catalogue: Catalogue) -> None:
    yealink = catalogue.vendors["yealink"]
    partly = (Mapping(to=("x",), only=("T46S",)), Mapping(unsupported="no such key"))
    vendor = yealink.model_copy(update={"settings": {"audio.codecs": partly}})
    assert covered(vendor, "audio.codecs") == {"supported": True, "some_models": True, "reason": "no such key"}
    assert covered(vendor, "audio.vad_enabled") == {"supported": False, "some_models": False, "reason": "not mapped"}
    assert covered(vendor, "features.srtp_enabled")["supported"] is False


def test_carried_settings_share_their_parameter(catalogue: Catalogue) -> None:
    yealink = catalogue.vendors["yealink"]
    settings = {"sip.port": (Mapping(carried_by="sip.server"),), "sip.server": (Mapping(to=("server",)),)}
    assert becomes(yealink.model_copy(update={"settings": settings}), "sip.port") == ["server"]


def test_schema_holds_the_whole_vocabulary(catalogue: Catalogue) -> None:
    schema = settings_schema(catalogue)
    for path in VOCABULARY:
        place = schema
        for name in path.split("."):
            place = place["properties"][name]
        assert set(place["x-coverage"]) == set(catalogue.vendors)
