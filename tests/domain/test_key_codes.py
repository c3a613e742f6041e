"""Positions and keys: how people count, and how phones do."""

from provserver.domain.key_codes import KeyArea, KeyLayout

KEYS, MORE = KeyArea(parameters=()), KeyArea(parameters=())
MODULES = KeyArea(parameters=(), modules=True, per_page=10)


def _layout(own: int | None, counts: dict[str, int] | None = None, *, modules: int = 0, **areas: KeyArea) -> KeyLayout:
    return KeyLayout(areas or {"keys": KEYS}, own, counts or {}, modules, 20)


def test_positions_go_through_the_phone_and_then_through_its_modules() -> None:
    layout = _layout(4, modules=2, keys=KEYS, modules_=MODULES)
    assert layout.max_position == 44
    found = [layout.key_at(position) for position in (1, 4, 5, 24, 25, 44)]
    assert [(key.area, key.number, key.module) for key in found if key] == [
        ("keys", 1, 0),
        ("keys", 4, 0),
        ("modules_", 1, 1),
        ("modules_", 20, 1),
        ("modules_", 1, 2),
        ("modules_", 20, 2),
    ]
    assert layout.key_at(45) is None
    assert len(layout.keys) == 44


def test_areas_fill_in_turn_each_as_far_as_it_goes() -> None:
    small = KeyArea(parameters=(), size=6)
    layout = _layout(10, first=small, then=MORE)
    assert layout.rows == [("first", 6), ("then", 4)]
    assert [(key.area, key.number) for key in layout.keys][5:7] == [("first", 6), ("then", 1)]


def test_a_model_says_how_its_keys_divide() -> None:
    layout = _layout(13, {"lines": 3, "memory": 10}, lines=KEYS, soft=KEYS, memory=MORE)
    assert layout.rows == [("lines", 3), ("memory", 10)]
    key = layout.key_at(4)
    assert key
    assert (key.area, key.number) == ("memory", 1)


def test_of_an_unknown_number_of_keys_only_the_first_area_is_taken_for_granted() -> None:
    """Names of a second area would begin nobody knows where."""
    layout = _layout(None, modules=1, keys=KEYS, more=MORE, modules_=MODULES)
    assert layout.max_position is None
    key = layout.key_at(500)
    assert key
    assert (key.area, key.number) == ("keys", 500)
    assert layout.keys == ()
    few = _layout(None, keys=KeyArea(parameters=(), size=6), more=MORE)
    assert few.key_at(7) is None


def test_soft_keys_come_last() -> None:
    """So that a phone whose modules are taken away keeps the numbers of its other keys."""
    soft = KeyArea(parameters=(), soft=True)
    layout = KeyLayout({"soft": soft, "keys": KEYS, "modules_": MODULES}, 4, {}, 1, 20, 2)
    assert (layout.max_position, layout.rows) == (26, [("keys", 4)])
    found = [layout.key_at(position) for position in (24, 25, 26)]
    assert [(key.area, key.number, key.module) for key in found if key] == [
        ("modules_", 20, 1),
        ("soft", 1, 0),
        ("soft", 2, 0),
    ]
    assert layout.key_at(27) is None
    assert KeyLayout({"soft": soft, "keys": KEYS}, None, {}, 0, 0, 2).max_position is None
    without_modules = KeyLayout({"soft": soft, "keys": KEYS}, 4, {}, 1, 20, 2).key_at(5)
    assert without_modules
    assert without_modules.area == "soft"
    alone = KeyLayout({"soft": soft}, 0, {}, 0, 0, 2)
    assert (alone.max_position, [key.area for key in alone.keys]) == (2, ["soft", "soft"])


def test_without_areas_there_are_no_keys() -> None:
    layout = KeyLayout({}, 8, {}, 1, 20)
    assert (layout.max_position, layout.key_at(1)) == (0, None)
    modules_only_with_their_area = _layout(8, modules=1)
    assert modules_only_with_their_area.max_position == 8


def test_a_key_is_numbered_in_every_way_that_names_may_want() -> None:
    key = _layout(4, modules=2, keys=KEYS, modules_=MODULES).key_at(4 + 20 + 12)
    assert key
    assert key.places(10) == {
        "position": 36,
        "position0": 35,
        "key": 12,
        "key0": 11,
        "module": 2,
        "module0": 1,
        "page": 2,
        "page0": 1,
        "page_key": 2,
        "page_key0": 1,
    }
