"""What the catalogue says it can express."""

from provserver.domain.catalogue import Catalogue
from provserver.domain.mappings import Mapping
from provserver.domain.vocabulary import VOCABULARY
from provserver.services.settings.coverage import becomes, covered, settings_schema


def test_every_setting_says_where_it_stands_with_every_vendor(catalogue: Catalogue) -> None:
    for vendor in catalogue.dialects.values():
        for path in VOCABULARY:
            facts = covered(vendor, path)
            assert facts["supported"] or facts["reason"], (vendor.vendor, path)
            if facts["supported"] and not VOCABULARY[path].expressed_by:
                assert becomes(vendor, path), (vendor.vendor, path)


def test_only_some_models(catalogue: Catalogue) -> None:
    yealink = catalogue.dialects["yealink"]
    partly = (Mapping(to=("x",), only=("T46S",)), Mapping(unsupported="no such key"))
    vendor = yealink.model_copy(update={"settings": {"audio.codecs": partly}})
    assert covered(vendor, "audio.codecs") == {"supported": True, "some_models": True, "reason": "no such key"}
    assert covered(vendor, "audio.vad_enabled") == {"supported": False, "some_models": False, "reason": "not mapped"}
    assert covered(vendor, "features.srtp_enabled")["supported"] is False


def test_carried_settings_share_their_parameter(catalogue: Catalogue) -> None:
    yealink = catalogue.dialects["yealink"]
    settings = {"sip.port": (Mapping(carried_by="sip.server"),), "sip.server": (Mapping(to=("server",)),)}
    assert becomes(yealink.model_copy(update={"settings": settings}), "sip.port") == ["server"]


def test_schema_holds_the_whole_vocabulary(catalogue: Catalogue) -> None:
    schema = settings_schema(catalogue)
    for path in VOCABULARY:
        place = schema
        for name in path.split("."):
            place = place["properties"][name]
        assert set(place["x-coverage"]) == set(catalogue.dialects)


def test_settings_that_carry_each_other_on_different_models(catalogue: Catalogue) -> None:
    """Single bases have servers of their own per line, multicell systems share them: the page must still come."""
    yealink = catalogue.dialects["yealink"]
    settings = {
        "line.server": (Mapping(carried_by="server.address"), Mapping(to=("line",))),
        "server.address": (Mapping(carried_by="line.server"), Mapping(to=("server",))),
    }
    both = yealink.model_copy(update={"settings": settings})
    assert becomes(both, "line.server") == ["server", "line"]
