"""What each vendor supports of each setting, for the coverage tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from provserver.domain.button_types import ButtonType
from provserver.domain.facts import Evidence
from provserver.domain.key_codes import KeyForm
from provserver.domain.mappings import Mapping
from provserver.domain.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Coverage:
    """`mark` is the table's cell; `parameters` and `reasons` are the details."""

    mark: str
    parameters: tuple[str, ...]
    reasons: tuple[str, ...]


def coverage_of(vendor: Vendor, path: str) -> Coverage:
    """How `vendor` supports the setting `path`.

    Marks: `yes`; `with <setting>` if another setting's parameter contains it; `some models`; `no`. ` ?` is appended if
    the evidence for a parameter is unverified.
    """
    mappings = vendor.settings[path]
    spoken = [mapping for mapping in mappings if not mapping.unsupported]
    parameters = tuple(dict.fromkeys(name for mapping in spoken for name in _names(mapping)))
    reasons = tuple(mapping.unsupported for mapping in mappings if mapping.unsupported)
    return Coverage(_mark(vendor, spoken), parameters, reasons)


def _mark(vendor: Vendor, spoken: list[Mapping]) -> str:
    if not spoken:
        return "no"
    if all(mapping.carried_by for mapping in spoken):
        return f"with {spoken[0].carried_by}"
    doubt = any((mapping.evidence or vendor.evidence) is Evidence.UNVERIFIED for mapping in spoken)
    return ("yes" if is_everywhere(vendor, spoken) else "some models") + (" ?" if doubt else "")


def is_everywhere(vendor: Vendor, mappings: Sequence[Mapping]) -> bool:
    """Whether every model of the vendor has at least one of `mappings`."""
    return all(any(vendor.applies(mapping, model) for mapping in mappings) for model in vendor.models)


def _names(mapping: Mapping) -> tuple[str, ...]:
    if mapping.list:
        joined = (mapping.list.to,) if mapping.list.to else ()
        return (*joined, *mapping.list.chosen, *mapping.list.others)
    return mapping.to


def buttons_of(vendor: Vendor, kind: ButtonType) -> Coverage:
    """How `vendor` supports a button type, with the same marks. `parameters` are its fields as `name = text`."""
    codes = vendor.buttons
    if codes is None:
        return Coverage("no", (), (_why_keyless(vendor),))
    reasons = tuple(form.unsupported for form in codes.types.get(kind, ()) if form.unsupported)
    forms = codes.spoken(kind)
    if not forms:
        return Coverage("no", (), reasons)
    fields = tuple(dict.fromkeys(f"{name} = {text}" for form in forms for name, text in form.fields.items()))
    keyed = [model for model in vendor.models if vendor.key_layout(model).rows]
    everywhere = all(any(_on(vendor, form, model) for form in forms) for model in keyed)
    doubt = any((form.evidence or codes.evidence or vendor.evidence) is Evidence.UNVERIFIED for form in forms)
    return Coverage(("yes" if everywhere else "some models") + (" ?" if doubt else ""), fields, reasons)


def _why_keyless(vendor: Vendor) -> str:
    """Why a vendor file has no programmable keys."""
    recognised = dict.fromkeys(model.not_rendered for model in vendor.models.values() if model.not_rendered)
    return vendor.no_buttons or "; ".join(recognised) or "these devices have no programmable keys"


def _on(vendor: Vendor, form: KeyForm, model: str) -> bool:
    """Whether a model has a key of its own that supports this form."""
    rows = {name for name, count in vendor.key_layout(model).rows if count != 0}
    return vendor.fits(form, model) and bool(not form.areas or rows & set(form.areas))
