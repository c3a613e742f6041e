"""What is translated once for many phones is what one of them alone would get."""

from dataclasses import replace

import pytest

from provserver.domain.device import DeviceType
from provserver.domain.vendor import Vendor
from provserver.rendering.translate import translate

from .fullest import NOW, ORDINARY, everything, full_lines, phone, user_on
from .shipped_catalogue import RENDERED

DESK_PHONES = [vendor for vendor in RENDERED if vendor.type is not DeviceType.DECT_BASE]


@pytest.mark.parametrize("choice", [0, 1])
@pytest.mark.parametrize("vendor", DESK_PHONES, ids=lambda vendor: vendor.dialect)
def test_a_line_that_shares_nothing_is_told_the_same(vendor: Vendor, choice: int) -> None:
    """A converter that looks at more than its signature says would write one phone's values into another's file."""
    model = next(iter(vendor.models), None)
    lines = range(1, min(full_lines(vendor, model), 3) + 1)
    users = [user_on(line, ORDINARY) for line in lines]
    users[-1] = users[-1][0], replace(users[-1][1], sip_domain="elsewhere.example.com")
    shared = phone(vendor, model, everything(choice, ORDINARY), users)
    assert shared.device.mac is not None
    repeated = shared.translation.repeated
    alone = replace(repeated, lines=tuple(replace(line, resolved=shared.resolved) for line in repeated.lines))
    translation = translate(vendor, model, shared.resolved, alone, shared.device.mac, NOW)
    assert translation.parameters == shared.translation.parameters
    assert translation.outcomes == shared.translation.outcomes
