"""How a layer's document changes."""

from typing import Any

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.errors import Impossible, Invalid
from provserver.services.settings.documents import check_raw_names, patched_own, patched_shared
from provserver.services.settings.masking import MASK, masked_own, masked_shared

EMPTY: dict[str, dict[str, Any]] = {"abstractions": {}, "vendor_overrides": {}}


def test_patch_of_nothing_is_nothing(catalogue: Catalogue) -> None:
    assert patched_own({}, {}, catalogue.dialects["snom"], "overrides") == EMPTY
    assert patched_shared({}, {}, catalogue) == EMPTY


def test_clearing_the_whole_layer(catalogue: Catalogue) -> None:
    stored = {"abstractions": {"audio": {"vad_enabled": True}}, "vendor_overrides": {"dnd_on_code": "*1"}}
    assert patched_own(stored, None, catalogue.dialects["snom"], "overrides") == EMPTY


def test_unknown_names_are_refused_even_to_be_cleared(catalogue: Catalogue) -> None:
    """A typing error in a name must not pass because its value is null."""
    with pytest.raises(Invalid):
        patched_own({}, {"abstractions": {"audio": {"vadd": None}}}, catalogue.dialects["snom"], "overrides")


def test_raw_parameters_without_a_vendor(catalogue: Catalogue) -> None:
    with pytest.raises(Impossible):
        patched_own({}, {"vendor_overrides": {"x": "1"}}, None, "overrides")
    assert patched_own({}, {"abstractions": {"audio": {"vad_enabled": True}}}, None, "overrides")["abstractions"]


def test_names_must_fit_the_vendor(catalogue: Catalogue) -> None:
    with pytest.raises(Invalid) as refusal:
        check_raw_names({"good.name": 1, "bad name": 1}, catalogue.dialects["yealink"], "overrides.vendor_overrides")
    assert list(refusal.value.details) == ["overrides.vendor_overrides.bad name"]


def test_unknown_vendor_hides_all_raw_values(catalogue: Catalogue) -> None:
    """Where a vendor file was taken away nobody knows which of its parameters are secrets."""
    assert masked_own({"vendor_overrides": {"x": "1"}}, None)["vendor_overrides"] == {"x": MASK}
    shared = masked_shared({"vendor_overrides": {"gone": {"x": "1"}}}, catalogue)
    assert shared["vendor_overrides"] == {"gone": {"x": MASK}}
