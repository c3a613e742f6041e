"""The pages that are derived from the vendor files: coverage of settings, one page per file, and all models."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial

from docs.markdown_text import NONE, code, page, prose, table
from provserver.config import Config
from provserver.domain.button_types import ButtonType
from provserver.domain.coverage import buttons_of, coverage_of
from provserver.domain.device import DeviceType
from provserver.domain.facts import Evidence
from provserver.domain.models import Model
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import VOCABULARY
from provserver.foundation import load_vendors

_EVIDENCE = {
    Evidence.VENDOR_GUIDE: "a guide of the vendor says so",
    Evidence.SEVERAL_PROJECTS: "several provisioning projects agree",
    Evidence.ONE_PROJECT: "one provisioning project says so",
    Evidence.UNVERIFIED: "nobody has confirmed it; marked `?`",
}
_YES, _WITH, _SOME, _NO = "●", "○", "◐", "–"
_MARKS = {
    _YES: "expressed on every model, though perhaps not every value",
    _WITH: "expressed by the parameter of another setting, or of something of the line, such as its user name",
    _SOME: "expressed on some models",
    _NO: "not expressed; the page of the file says why",
    "?": "beside one of these: nobody has confirmed the parameter",
}
_WIDEST = 10
"""Settings side by side in one table."""


@cache
def _dialects() -> tuple[Vendor, ...]:
    """Desk phones first, as everywhere."""
    catalogue, _ = load_vendors(Config())
    return tuple(sorted(catalogue.dialects.values(), key=lambda one: (one.type != DeviceType.DESKPHONE, one.dialect)))


def coverage() -> str:
    """docs/coverage.md: every setting of every vendor file, at a glance."""
    rendered = [one for one in _dialects() if one.is_rendered]
    parts = [
        "# Coverage\n",
        prose("""
            What each shipped vendor file makes of each setting, and how well that is known. The page of a file names
            its parameters, and tells why a setting is not expressed; so does `provserver vendors VENDOR`. A device's
            `/settings` tells what its own model makes of them. Vendors whose phones speak differently from each other
            have several files. All models are in [models](models.md).
        """),
        table(("mark", "means"), _MARKS.items()),
        table(("evidence", "means"), ((code(evidence), meaning) for evidence, meaning in _EVIDENCE.items())),
        "## Files\n",
        table(
            ("file", "vendor", "for", "settings", "models", "evidence unless said otherwise"), map(_row, _dialects())
        ),
    ]
    parts += [
        "## Programmable keys\n",
        prose("""
            Types of [buttons](buttons.md) and what each file makes of them. Why one is not there, or why a file has no
            keys at all, is on the page of the file; how many keys a model has is in [models](models.md).
        """),
    ]
    for start in range(0, len(ButtonType), _WIDEST - 1):
        types = list(ButtonType)[start : start + _WIDEST - 1]
        parts.append(
            table(("file", *types), [[_link(one), *(_key_mark(one, kind) for kind in types)] for one in _dialects()])
        )
    for name, paths in _groups():
        head = [path.removeprefix(f"{name}.") for path in paths]
        rows = [[_link(one), *(_mark(one, path) for path in paths)] for one in rendered]
        title = f"## {name}\n" if f"## {name}\n" not in parts else NONE
        parts += [*filter(None, [title]), table(("file", *head), rows)]
    return page(parts)


def _row(vendor: Vendor) -> tuple[str, ...]:
    marks = Counter(_mark(vendor, path)[0] for path in VOCABULARY) if vendor.is_rendered else Counter()
    told = f"{len(VOCABULARY) - marks[_NO]} of {len(VOCABULARY)}" if vendor.is_rendered else "recognised only"
    return _link(vendor), vendor.name, vendor.type, told, str(len(vendor.models)), code(vendor.evidence)


def _link(vendor: Vendor) -> str:
    return f"[{vendor.dialect}](coverage/{vendor.dialect}.md)"


def _groups() -> Iterator[tuple[str, list[str]]]:
    """The settings of each group, in as many pieces as it takes."""
    groups: dict[str, list[str]] = {}
    for path in VOCABULARY:
        groups.setdefault(path.partition(".")[0], []).append(path)
    for name, paths in groups.items():
        yield from ((name, paths[start : start + _WIDEST]) for start in range(0, len(paths), _WIDEST))


def _mark(vendor: Vendor, path: str) -> str:
    return _sign(coverage_of(vendor, path).mark)


def _key_mark(vendor: Vendor, kind: ButtonType) -> str:
    return _sign(buttons_of(vendor, kind).mark)


def _sign(word: str) -> str:
    sign = _WITH if word.startswith("with ") else {"yes": _YES, "some": _SOME, "no": _NO}[word.split(maxsplit=1)[0]]
    return f"{sign}?" if word.endswith("?") else sign


def vendor_page(vendor: Vendor) -> str:
    """docs/coverage/<file>.md: what one file makes of every setting."""
    title = vendor.name if vendor.dialect == vendor.vendor else f"{vendor.name} ({vendor.dialect})"
    parts = [
        f"# {title}\n",
        prose(f"Evidence unless said otherwise: {_EVIDENCE[vendor.evidence]}. {vendor.source or ''}"),
        prose("[All files](../coverage.md), [all models](../models.md)."),
    ]
    if vendor.is_rendered:
        parts.append(table(("setting", "expressed", "parameters, or why not"), _settings(vendor)))
    parts.append("## Programmable keys\n")
    if vendor.buttons:
        parts.append(table(("type", "expressed", "fields of the key, or why not"), _buttons(vendor)))
    else:
        parts.append(prose(f"None: {'; '.join(buttons_of(vendor, ButtonType.LINE).reasons)}."))
    return page(parts)


def _buttons(vendor: Vendor) -> Iterator[tuple[str, str, str]]:
    for kind in ButtonType:
        found = buttons_of(vendor, kind)
        yield code(kind), found.mark, "; ".join(filter(None, [", ".join(map(code, found.parameters)), *found.reasons]))


def _settings(vendor: Vendor) -> Iterator[tuple[str, str, str]]:
    for path in VOCABULARY:
        found = coverage_of(vendor, path)
        told = [", ".join(map(code, found.parameters)), *dict.fromkeys(found.reasons)]
        yield code(path), found.mark, "; ".join(filter(None, told))


def models() -> str:
    """docs/models.md: every model of every vendor."""
    everything = [model for vendor in _dialects() for model in vendor.models.values()]
    rendered = sum(model.not_rendered is None for model in everything)
    parts = [
        "# Models\n",
        prose(f"""
            The {len(everything)} models that the shipped vendor files know. {rendered} get their files; the others are
            recognised, and say why they get none. A count that nobody has told is `unknown`: such a phone gets every
            line it was given. Soft keys count where they can be set. What a setting becomes is in
            [coverage](coverage.md).
        """),
    ]
    for kind, name in ((DeviceType.DESKPHONE, "Desk phones"), (DeviceType.DECT_BASE, "DECT bases")):
        parts.append(f"## {name}\n")
        for vendor in _dialects():
            if vendor.type is kind:
                parts += [f"### {vendor.name}: {vendor.dialect}\n", _models_table(vendor)]
    return page(parts)


def _models_table(vendor: Vendor) -> str:
    if vendor.type is DeviceType.DECT_BASE:
        return table(("model", "handsets", "users per handset", "SIP accounts", "bases", "evidence"), _bases(vendor))
    counts = ("lines", "keys", "expansion modules", "soft keys")
    return table(("model", *counts, "capabilities", "evidence"), _phones(vendor))


def _phones(vendor: Vendor) -> Iterator[tuple[str, ...]]:
    for name, model in vendor.models.items():
        capabilities = ", ".join(sorted(model.capabilities))
        soft = str(model.softkeys or NONE) if vendor.key_layout(name).soft_area else NONE
        counts = _count(model.lines), _count(model.keys), _expansion(model), soft
        yield name, *counts, capabilities, _known_by(vendor, model)


def _bases(vendor: Vendor) -> Iterator[tuple[str, ...]]:
    for name, model in vendor.models.items():
        counts = (model.handsets, model.lines_per_handset, model.lines, model.cells)
        yield name, *map(_count, counts), _known_by(vendor, model)


def _known_by(vendor: Vendor, model: Model) -> str:
    """How well a model is known; one that is only recognised says why it gets no files."""
    if model.not_rendered:
        return f"**recognised only**: {model.not_rendered}"
    return code(model.evidence or vendor.evidence)


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _expansion(model: Model) -> str:
    return f"{model.expansion.modules}, of {model.expansion.keys} keys" if model.expansion else NONE


def vendor_pages() -> dict[str, Callable[[], str]]:
    """A page for each vendor file."""
    return {f"coverage/{one.dialect}.md": partial(vendor_page, one) for one in _dialects()}
