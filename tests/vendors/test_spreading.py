"""Phones that were switched on together must not poll together for ever after."""

from datetime import UTC, datetime

import pytest

from provserver.domain.defaults import GLOBAL_DEFAULTS
from provserver.domain.layers import Layer, resolve
from provserver.domain.lines import Repeated
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor
from provserver.rendering.outcomes import Outcome
from provserver.rendering.translate import translate

from .shipped_catalogue import RENDERED, rendered_models

_POLLS = "provisioning.polling_interval"
_SPREAD = "provisioning.polling_spread"
AT = datetime(2026, 1, 1, tzinfo=UTC)

every_vendor = pytest.mark.parametrize("vendor", RENDERED, ids=lambda vendor: vendor.dialect)


def _polls(vendor: Vendor, model: str | None, mac: str, percent: int) -> tuple[Outcome, set[str]]:
    """What became of the spread, and what this phone is told of its polls."""
    own = Layer("device", {"provisioning": {"polling_spread": percent}})
    translation = translate(vendor, model, resolve([Layer("global", GLOBAL_DEFAULTS), own]), Repeated(), Mac(mac), AT)
    return translation.outcomes[_SPREAD], {one.value for one in translation.outcomes[_POLLS].parameters}


@every_vendor
def test_two_phones_poll_at_different_times_wherever_their_vendor_can_be_told_so(vendor: Vendor) -> None:
    for model in (*rendered_models(vendor), None):
        (told, first), (_, second) = (_polls(vendor, model, mac, 50) for mac in ("805ec0aabbcc", "805ec0aabbcd"))
        if told.parameters:
            assert first != second, f"{model} polls with all others"
        else:
            assert told.reasons, f"{model} does not say that it polls with all others"


@every_vendor
def test_an_operator_can_have_them_all_poll_alike(vendor: Vendor) -> None:
    for model in (*rendered_models(vendor), None):
        (_, first), (_, second) = (_polls(vendor, model, mac, 0) for mac in ("805ec0aabbcc", "805ec0aabbcd"))
        assert first == second


@every_vendor
def test_what_is_told_in_seconds_or_minutes_is_spread(vendor: Vendor) -> None:
    """A vendor file that writes the interval as it is would bring all its phones at once."""
    for mapping in vendor.settings[_POLLS]:
        is_coarse = mapping.convert == "steps" or mapping.arguments.get("by", 1) >= 3600
        assert not mapping.to or is_coarse or mapping.convert in ("spread", "fixed")
