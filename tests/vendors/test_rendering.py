"""What goes in arrives: over every vendor and model on disk, with everything set and the worst that people type."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import cycle, groupby
from typing import Any

import pytest

from provserver.domain.defaults import GLOBAL_DEFAULTS
from provserver.domain.device import DeviceType, MulticellRole
from provserver.domain.errors import CannotCarry
from provserver.domain.file_rules import FileRule
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import DECT_VALUES, LINE_VALUES, VOCABULARY, flatten, nest
from provserver.services.settings.effective import EffectiveDevice, render

from .fullest import (
    CHOICES,
    FREE_TEXTS,
    ORDINARY,
    SECRET,
    TOKEN,
    Spellings,
    all_lines,
    everything,
    full_lines,
    fullest_phone,
    nasty_for,
    phone,
    user_on,
    value_of,
)
from .readers import Pairs, read_pairs
from .shipped_catalogue import RENDERED, RENDERER, kinds, shapes

SHAPES = [(vendor, model) for vendor in RENDERED for model in (*shapes(vendor), None)]
KINDS = [(vendor, model) for vendor in RENDERED for model in (*kinds(vendor), None)]
IN_SYSTEMS = [
    (vendor, model, role)
    for vendor, model in KINDS
    for role in (MulticellRole.DATA_MASTER, MulticellRole.SECONDARY)
    if vendor.type is DeviceType.DECT_BASE and vendor.model(model).cells != 1
]

every_vendor = pytest.mark.parametrize("vendor", RENDERED, ids=lambda vendor: vendor.dialect)
every_shape = pytest.mark.parametrize(
    ("vendor", "model"), SHAPES, ids=[f"{vendor.dialect}-{model or 'unknown'}" for vendor, model in SHAPES]
)
every_kind = pytest.mark.parametrize(
    ("vendor", "model"), KINDS, ids=[f"{vendor.dialect}-{model or 'unknown'}" for vendor, model in KINDS]
)
every_role = pytest.mark.parametrize(
    ("vendor", "model", "role"),
    IN_SYSTEMS,
    ids=[f"{vendor.dialect}-{model or 'unknown'}-{role}" for vendor, model, role in IN_SYSTEMS],
)


def _own_files(vendor: Vendor) -> list[FileRule]:
    """Those of the device as a whole, not those of single handsets; of a file with several names, the first."""
    own = [rule for rule in vendor.files if rule.scope == "device" and rule.template]
    different: dict[Hashable, FileRule] = {}
    for rule in own:
        if "ipei" not in rule.pattern.groupindex:
            different.setdefault((rule.making, rule.provisions), rule)
    return list(different.values())


def _configuration(vendor: Vendor) -> FileRule:
    return next(rule for rule in vendor.files if rule.provisions)


def _parameters(effective: EffectiveDevice) -> Counter[tuple[str, str]]:
    return Counter((item.name, item.value) for item in effective.translation.parameters)


@every_shape
def test_a_model_renders_at_its_maximum(vendor: Vendor, model: str | None) -> None:
    effective = fullest_phone(vendor, model, lines=all_lines(vendor, model))
    assert len(effective.translation.rendered_lines) == all_lines(vendor, model)
    assert not effective.translation.lines_not_rendered
    _check_own_files(effective)


@every_role
def test_a_base_of_a_system_renders_in_its_role(vendor: Vendor, model: str | None, role: MulticellRole) -> None:
    """A data master is full and knows its cells; a secondary has no line, since lines reach it over the LAN."""
    effective = fullest_phone(vendor, model, lines=full_lines(vendor, model), role=role)
    lines = 0 if role is MulticellRole.SECONDARY else full_lines(vendor, model)
    assert len(effective.translation.rendered_lines) == lines
    _check_own_files(effective)
    _check_nothing_vanished(effective)


def _choices() -> Iterator[Any]:
    """Every choice for every four kinds of a vendor: neighbours in a file differ little."""
    for vendor, models in groupby(KINDS, key=lambda pair: pair[0]):
        names = [model for _, model in models]
        share = min(len(names), 4)
        for number, model in enumerate(names):
            for choice in range(number % share, CHOICES, share):
                yield pytest.param(vendor, model, choice, id=f"{vendor.dialect}-{model or 'unknown'}-{choice}")


@pytest.mark.parametrize(("vendor", "model", "choice"), list(_choices()))
def test_no_setting_leaves_a_phone_without_a_file(vendor: Vendor, model: str | None, choice: int) -> None:
    """Every choice of every table, and both ends of every range."""
    effective = fullest_phone(vendor, model, choice, lines=1)
    _check_own_files(effective)
    _check_nothing_vanished(effective)


def _read(effective: EffectiveDevice, rule: FileRule) -> Pairs:
    return read_pairs(effective.vendor, rule, render(RENDERER, effective, rule).body)


def _check_own_files(effective: EffectiveDevice) -> None:
    """A configuration holds every parameter that no file beside it does: those of handsets, those that name others."""
    apart = Counter(
        pair for rule, body in _handset_files(effective) for pair in read_pairs(effective.vendor, rule, body)
    )
    own = [(rule.provisions, Counter(_read(effective, rule))) for rule in _own_files(effective.vendor)]
    beside = sum((read for provisions, read in own if not provisions), start=apart)
    for provisions, read in own:
        assert _parameters(effective) <= read + beside or not provisions


def _given(effective: EffectiveDevice) -> set[str]:
    """The values that the lines, handsets, servers and bases of this device bring along."""
    repeated = effective.translation.repeated
    given = [line.values for line in repeated.lines] + [handset.values for handset in repeated.handsets]
    given += [server.values for server in repeated.servers] + [cell.values for cell in repeated.cells]
    return set(repeated.system_values).union(*given)


def _handset_files(effective: EffectiveDevice) -> list[tuple[FileRule, bytes]]:
    """The files of each handset, with systems that have such."""
    rules = [rule for rule in effective.vendor.files if rule.template and "ipei" in rule.pattern.groupindex]
    handsets = effective.translation.repeated.handsets
    return [(rule, render(RENDERER, effective, rule, ipei=one.ipei).body) for rule in rules for one in handsets]


def _check_nothing_vanished(effective: EffectiveDevice) -> None:
    """Each setting reached the file, travels in another one's parameter, or is named with a reason.

    Written as nothing at all are only values that a converter declares to need no parameter.
    """
    outcomes = effective.translation.outcomes
    assert set(outcomes) >= set(VOCABULARY)
    given = _given(effective)
    for path, outcome in outcomes.items():
        if path not in VOCABULARY and path not in given:
            continue  # no line, handset or system to tell it of
        silent = any(mapping.convert for mapping in effective.vendor.settings[path])
        assert outcome.parameters or outcome.reasons or outcome.carried_by or silent, f"{path} vanished"
        assert outcome.carried_by is None or outcome.carried_by in outcomes


@every_kind
def test_hostile_texts_do_not_change_the_shape_of_a_file(vendor: Vendor, model: str | None) -> None:
    """A name must not be able to add a parameter: it could send the phone, and its calls, somewhere else."""
    rule = _configuration(vendor)
    tame, wild = fullest_phone(vendor, model, spellings=ORDINARY), fullest_phone(vendor, model)
    ordinary, hostile = ([name for name, _ in _read(one, rule)] for one in (tame, wild))
    # A URL that does not tell what a system takes from it is reported, and nothing is written for it.
    refused = {path for path, outcome in wild.translation.outcomes.items() if not outcome.parameters}
    left_out = {item.name for path in refused for item in tame.translation.outcomes[path].parameters}

    def kept(names: list[str]) -> list[str]:
        return [name for name in names if name not in left_out and name.rpartition(".")[2] not in left_out]

    assert kept(ordinary) == kept(hostile)


@every_vendor
@pytest.mark.parametrize("path", FREE_TEXTS)
def test_whatever_is_typed_arrives_intact(vendor: Vendor, path: str) -> None:
    """Found again by a reader that knows nothing of our templates."""
    _check_typed(vendor, kinds(vendor)[0], {"sip.domain": "pbx.example.com", **_companions(path)}, [path])


@every_kind
def test_whatever_is_typed_everywhere_arrives_intact(vendor: Vendor, model: str | None) -> None:
    """The same on every kind of phone, with all of it set."""
    settings = dict(flatten(everything(0, ORDINARY)))
    _check_typed(vendor, model, settings, FREE_TEXTS)


def _check_typed(vendor: Vendor, model: str | None, settings: dict[str, Any], paths: Iterable[str]) -> None:
    typed = nasty_for(vendor).text
    effective = phone(vendor, model, nest({**settings, **dict.fromkeys(paths, typed)}), [user_on(1, ORDINARY)])
    values = [value for _, value in _read(effective, _configuration(vendor))]
    for path in paths:
        outcome = effective.translation.outcomes[path]
        assert outcome.reasons or any(typed in value for value in values), f"{path} is lost"


def _companions(path: str) -> dict[str, Any]:
    """The other settings of its group, without which some vendors write none of it."""
    group = path.rpartition(".")[0]
    return {other: value_of(other, 0, ORDINARY) for other in VOCABULARY if other.rpartition(".")[0] == group}


@every_kind
def test_names_and_passwords_of_users_arrive_intact(vendor: Vendor, model: str | None) -> None:
    lines = full_lines(vendor, model)
    users = [user_on(line, nasty_for(vendor)) for line in range(1, lines + 1)]
    effective = phone(vendor, model, {"sip": {"domain": "pbx.example.com"}}, users)
    values = [value for _, value in _read(effective, _configuration(vendor))]
    for line in effective.lines:
        for path in LINE_VALUES:
            if effective.translation.outcomes[path].supported and path in ("line.password", "line.display_name"):
                assert line.values[path] in values, f"{path} of line {line.number}"


def _body_unless_refused(effective: EffectiveDevice, rule: FileRule) -> bytes | None:
    try:
        return render(RENDERER, effective, rule).body
    except CannotCarry:
        return None


LINE_BREAKERS = ["\n", "\r", "\x00", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\ud800"]


@every_vendor
def test_control_characters_never_get_through(vendor: Vendor) -> None:
    """The last gate: even a value that no check has seen, from an old database or a mistake of ours, stays out."""
    turns = cycle(LINE_BREAKERS)
    for make in _EVERYWHERE:
        _check_kept_out(make, vendor, next(turns))


@every_vendor
@pytest.mark.parametrize("character", LINE_BREAKERS, ids=lambda character: f"U+{ord(character):04X}")
def test_no_control_character_gets_through(vendor: Vendor, character: str) -> None:
    _check_kept_out(_named, vendor, character)


Making = Callable[[Vendor, str], EffectiveDevice]


def _set(path: str) -> Making:
    start = "https://a/" if path.endswith("url") else ""
    return lambda vendor, evil: phone(vendor, kinds(vendor)[0], nest({path: start + evil}), [user_on(1, ORDINARY)])


def _named(vendor: Vendor, evil: str) -> EffectiveDevice:
    user = user_on(1, Spellings(text=evil, url=""))
    return phone(vendor, kinds(vendor)[0], nest(dict.fromkeys(FREE_TEXTS, evil)), [user], name=evil)


def _called(vendor: Vendor, evil: str) -> EffectiveDevice:
    return phone(vendor, kinds(vendor)[0], {}, [user_on(1, Spellings(text="", url="", in_username=evil))])


def _overridden(vendor: Vendor, evil: str) -> EffectiveDevice:
    return phone(vendor, kinds(vendor)[0], {}, [user_on(1, ORDINARY)], overrides={"some_raw_name": evil})


_URLS = tuple(path for path in VOCABULARY if path.endswith("url"))
_EVERYWHERE = (*map(_set, (*FREE_TEXTS, *_URLS)), _named, _called, _overridden)


def _check_kept_out(make: Making, vendor: Vendor, character: str) -> None:
    effective = make(vendor, f"a{character}EVIL = 1")
    bodies = [_body_unless_refused(effective, rule) for rule in _own_files(vendor)]
    assert not [body for body in bodies if b"EVIL" in (body or b"")], f"U+{ord(character):04X}"
    if make in (_named, _called, _overridden):
        assert None in bodies, "every vendor's files hold these"


@every_vendor
def test_a_setting_of_a_known_line_value_or_name_is_mapped_exactly_once(vendor: Vendor) -> None:
    given = {*LINE_VALUES, *(DECT_VALUES if vendor.type is DeviceType.DECT_BASE else ())}
    assert set(vendor.settings) == {*VOCABULARY, *given}


@every_vendor
def test_every_default_that_is_not_expressed_is_known_to_be_so(vendor: Vendor) -> None:
    """A global default that a vendor cannot say is told on every device; it must at least be told in words."""
    model = max(kinds(vendor), key=lambda name: full_lines(vendor, name))
    outcomes = phone(vendor, model, {"sip": {"domain": "pbx.example.com"}}, [user_on(1, ORDINARY)]).translation.outcomes
    for path in flatten(GLOBAL_DEFAULTS):
        assert all(len(reason) > 5 for reason in outcomes[path].reasons)


@every_kind
def test_secrets_are_marked_where_they_stand(vendor: Vendor, model: str | None) -> None:
    """Whatever shows a file to people masks marked parameters only."""
    settings = {**everything(0, nasty_for(vendor)), "provisioning": {}}
    users = [user_on(line, nasty_for(vendor)) for line in range(1, full_lines(vendor, model) + 1)]
    holders = [
        item
        for item in phone(vendor, model, settings, users).translation.parameters
        if SECRET in item.value or TOKEN in item.value
    ]
    told = {path for path in ("line.password", "provisioning.url") if vendor.settings[path][0].unsupported is None}
    assert told <= {item.setting for item in holders}
    assert not [item.identity for item in holders if not item.secret]


@every_vendor
def test_common_files_are_the_same_for_everyone_and_hold_no_secret(vendor: Vendor) -> None:
    """They are given to anybody who asks."""
    served = [rule for rule in vendor.files if rule.scope == "common" and rule.template]
    for model in (*kinds(vendor), None):
        rich, poor = fullest_phone(vendor, model), phone(vendor, model, {}, [])
        for rule in served:
            body = render(RENDERER, rich, rule).body
            assert body == render(RENDERER, poor, rule).body
            assert TOKEN.encode() not in body
            assert SECRET.encode() not in body
            read_pairs(vendor, rule, body)


@pytest.mark.parametrize(("vendor", "model"), [pair for pair in KINDS if pair[0].model(pair[1]).lines is not None])
def test_one_line_more_than_the_model_has_is_named_and_not_written(vendor: Vendor, model: str | None) -> None:
    lines = vendor.model(model).lines
    assert lines is not None
    users = [user_on(line, ORDINARY) for line in (1, lines + 1)]
    effective = phone(vendor, model, {"sip": {"domain": "pbx.example.com"}}, users)
    assert effective.translation.lines_not_rendered == (lines + 1,)
    body = render(RENDERER, effective, _configuration(vendor)).body
    assert users[1][1].sip_password.encode() not in body


@every_kind
def test_a_phone_without_any_user_gets_a_whole_file(vendor: Vendor, model: str | None) -> None:
    """It is provisioned before its first user is assigned."""
    for rule in _own_files(vendor):
        _read(phone(vendor, model, {}, []), rule)
