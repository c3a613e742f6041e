"""Lines that nobody placed on a key."""

from datetime import UTC, datetime

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import Button, ButtonRows
from provserver.domain.layers import Layer, resolve
from provserver.domain.lines import Repeated
from provserver.rendering.translate import translate
from tests.rendering.workshop import AT, MAC, line, vendor

KEYS = {
    "areas": {
        "lines": {"parameters": {"line{key}": "{kind}"}, "unused": {"kind": "none"}},
        "others": {"parameters": {"other{key}": "{kind}"}, "unused": {"kind": "none"}},
    },
    "types": {"line": {"kind": "line", "areas": ["lines"]}},
}


def test_a_line_that_nobody_placed_stands_only_where_a_key_can_be_a_line() -> None:
    models = {"A1": {"lines": 3, "keys": {"lines": 1, "others": 3}}}
    acme = vendor(models=models, buttons=KEYS)
    translation = translate(acme, "A1", resolve([Layer("device")]), Repeated((line(1), line(2), line(3))), MAC, AT)
    assert [placed.button.position for placed in translation.buttons] == [1]
    written = {item.identity: item.value for item in translation.parameters}
    assert written == {"line1": "line", "other1": "none", "other2": "none", "other3": "none"}


def test_a_line_that_somebody_placed_where_no_key_can_be_a_line_is_reported() -> None:
    acme = vendor(models={"A1": {"lines": 1, "keys": {"lines": 1, "others": 1}}}, buttons=KEYS)
    button = Button(
        id="btn",
        template_id="tpl",
        position=2,
        type=ButtonType.LINE,
        target={"line_index": 1},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    rows = ButtonRows(template=(button,))
    translation = translate(acme, "A1", resolve([Layer("device")]), Repeated((line(1),)), MAC, AT, rows)
    assert [(placed.button.position, placed.reason) for placed in translation.buttons] == [
        (2, "vendor_does_not_support_type")
    ]
