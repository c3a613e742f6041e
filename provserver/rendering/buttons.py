"""Places effective buttons on keys and builds their parameters; unsupported ones are reported. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import EffectiveButton, Reason, Source, Surroundings, Told
from provserver.domain.key_codes import Key, KeyCodes, KeyForm
from provserver.domain.vendor import Vendor
from provserver.rendering.key_texts import Places, UnknownPlace
from provserver.rendering.keys import KeyModel, Refused, key_model_of, key_parameters, unused_parameters
from provserver.rendering.parameters import Parameter
from provserver.rendering.refusals import are_refused, refusal_of


@dataclass(frozen=True, slots=True)
class PlacedButton:
    """A button with its parameters, or the reason why it is not on the phone."""

    button: EffectiveButton
    label: str
    parameters: tuple[Parameter, ...] = ()
    reason: Reason | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """A device's buttons by position, and the parameters of all keys in order, including unused keys."""

    buttons: tuple[PlacedButton, ...] = ()
    parameters: tuple[Parameter, ...] = ()


def setting_of(button: EffectiveButton) -> str:
    """The `setting` of a button's parameters."""
    return f"buttons.{button.position}"


def place_buttons(
    vendor: Vendor, model_name: str | None, buttons: Sequence[EffectiveButton], around: Surroundings
) -> Keys:
    """Place the effective buttons of a device on its keys.

    An implicit line button is only kept if keys can be line keys; other phones show their lines without keys.
    """
    work = _Placing(key_model_of(vendor, model_name), around)
    placed = tuple(one for one in map(work.placed, buttons) if not _is_no_line_key(one))
    used = {one.button.position for one in placed if one.reason is None}
    managed = any(button.source is not Source.MODEL_DEFAULT for button in buttons)
    written = {one.button.position: one.parameters for one in placed}
    written |= dict(work.unused(used, beside_own=managed))
    return Keys(placed, tuple(chain.from_iterable(written[position] for position in sorted(written))))


def _is_no_line_key(placed: PlacedButton) -> bool:
    nobodys = placed.button.source is Source.MODEL_DEFAULT
    return nobodys and placed.reason is Reason.VENDOR_DOES_NOT_SUPPORT_TYPE


@dataclass(frozen=True, slots=True)
class _Placing:
    model: KeyModel
    around: Surroundings
    counted: Counter[str] = field(default_factory=Counter)

    def placed(self, button: EffectiveButton) -> PlacedButton:
        told = self.around.told(button)
        try:
            parameters = self._written(button, told)
        except Refused as refused:
            return PlacedButton(button, told.label, (), refused.reason, str(refused))
        return PlacedButton(button, told.label, parameters)

    def _written(self, button: EffectiveButton, told: Told) -> tuple[Parameter, ...]:
        vendor, layout = self.model.vendor, self.model.layout
        codes = vendor.buttons
        if codes is None or layout.max_position == 0:
            why = f": {vendor.no_buttons}" if vendor.no_buttons else ""
            raise Refused(Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, f"{self._phone} has no programmable keys{why}")
        if not self.model.speaks(button.type):
            why = "; ".join(dict.fromkeys(form.unsupported or "" for form in codes.types.get(button.type, ())))
            raise Refused(Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, self._no_type(button.type, why))
        key = self.model.key_at(button.position)
        if key is None:
            raise Refused(Reason.POSITION_OUT_OF_RANGE, self._beyond())
        if told.missing:
            raise Refused(*told.missing)
        return self._by_first_form(codes, button, told, key)

    @property
    def _phone(self) -> str:
        vendor, model = self.model.vendor.name, self.model.name
        return f"the {vendor} {model}" if model else f"a phone of {vendor}"

    def _no_type(self, kind: ButtonType, why: str) -> str:
        return f"{self.model.vendor.name} phones have no {kind} keys" + (f": {why}" if why else "")

    def _beyond(self) -> str:
        layout = self.model.layout
        if layout.max_position is None:
            return f"how many keys {self._phone} has is not known, and its files have no name for this one"
        beside = "expansion modules and soft keys" if layout.soft_area else "expansion modules"
        return f"{self._phone} has {layout.max_position} keys, those of {beside} included"

    def _by_first_form(self, codes: KeyCodes, button: EffectiveButton, told: Told, key: Key) -> tuple[Parameter, ...]:
        """The parameters according to the first matching form."""
        possible = self.model.forms(codes, button.type, key.area)
        fitting = [(form, fields) for form, fields in possible if _fits(form, button, told, key)]
        forms = [(form, fields) for form, fields in fitting if form.unsupported is None]
        if not forms:
            why = next((f": {form.unsupported}" for form, _ in fitting), "")
            message = f"{self._phone} has no {button.type} key of this kind there{why}"
            raise Refused(Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, message)
        missing: dict[str, None] = {}
        layer = "vendor" if button.source is Source.MODEL_DEFAULT else button.source.value
        for form, fields in forms:
            nth = self.counted[form.counter] + 1 if form.counter else 0
            places = Places(_Texts(told, self.around), self.model.numbers(key, nth), self.model.vendor.names)
            try:
                filled = tuple((name, places.fill(text)) for name, text in fields.items())
            except UnknownPlace as place:
                missing[str(place)] = None
                continue
            _check_carried(codes, told)
            parameters = key_parameters(self.model, key, nth, filled, setting_of(button), layer)
            if form.counter:
                self.counted[form.counter] += 1
            return parameters
        raise Refused(Reason.NOT_EXPRESSIBLE, f"{' or '.join(missing)} is not known here")

    def unused(self, used: set[int], *, beside_own: bool) -> Iterator[tuple[int, tuple[Parameter, ...]]]:
        """The parameters that switch off the keys without a button.

        Keys of modules and soft keys are only switched off if the device has any explicit buttons.
        """
        for key in self.model.switched_off(beside_own=beside_own):
            if key.position not in used:
                yield key.position, unused_parameters(self.model, key)


def _fits(form: KeyForm, button: EffectiveButton, told: Told, key: Key) -> bool:
    """Whether a form that is available on the key can express this button."""
    if form.own_place and (told.line is None or told.line.number != key.number):
        return False
    target = button.target
    return not form.when or all(
        (str(target[name]) if name in target else None) == value for name, value in form.when.items()
    )


def _check_carried(codes: KeyCodes, told: Told) -> None:
    if not are_refused((told.label, *told.texts.values()), codes.cannot_carry):
        return
    for name, text in {"label": told.label, **told.texts}.items():
        reason = refusal_of(text, codes.cannot_carry)
        if reason:
            raise Refused(Reason.NOT_EXPRESSIBLE, f"its {name} {reason}")


class _Texts:
    """The texts that a form can use: of the button, of its line, and every setting by its path."""

    __slots__ = ("_around", "_told")

    def __init__(self, told: Told, around: Surroundings) -> None:
        self._told, self._around = told, around

    def get(self, name: str, /) -> str | None:
        told = self._told
        if name in told.texts:
            return told.texts[name]
        if name == "label":
            return told.label
        number = told.line.number if told.line else 1
        if name in ("line", "line0"):
            return str(number if name == "line" else number - 1)
        own = told.line.values if told.line else {}
        settings = self._around.settings
        if name == "domain" and (domain := own.get("line.domain")):
            return str(domain)
        if name == "domain":
            return settings.get("sip.domain") or settings.get("sip.server")
        value = own.get(name, settings.get(name))
        return None if value is None or isinstance(value, (list, bool)) else str(value)
