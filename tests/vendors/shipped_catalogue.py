"""Every test here runs over what is on disk: a new vendor or model is tested by being there."""

from collections.abc import Hashable
from itertools import chain

from provserver.domain.catalogue import Catalogue
from provserver.domain.vendor import Vendor
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.shipped import shipped

ENVIRONMENT = build_environment([shipped("templates")])
CATALOGUE: Catalogue = load_catalogue([shipped("vendors")], ENVIRONMENT)
RENDERER = Renderer(ENVIRONMENT)
RENDERED = [dialect for dialect in CATALOGUE.dialects.values() if dialect.is_rendered]
"""The vendor files of which at least one model gets files."""


def rendered_models(dialect: Vendor) -> list[str]:
    """Its models that get files."""
    return [name for name, model in dialect.models.items() if model.not_rendered is None]


def kinds(dialect: Vendor) -> list[str]:
    """Of its models that get files, the first of each kind: others that have the very same are configured alike."""
    first: dict[Hashable, str] = {}
    for name in rendered_models(dialect):
        first.setdefault(_kind(dialect, name), name)
    return list(first.values())


def shapes(dialect: Vendor) -> list[str]:
    """Of its models that get files, the first of each that differs from the others in more than its name."""
    first: dict[Hashable, str] = {}
    for name in rendered_models(dialect):
        first.setdefault(_shape(dialect, name), name)
    return list(first.values())


def _shape(dialect: Vendor, name: str) -> Hashable:
    """All that is known of a model: its counts as they are, its families, and whether its keys are told apart."""
    model = dialect.models[name].model_dump(exclude={"also", "source", "evidence"})
    families = frozenset(family for family, models in dialect.families.items() if name in models)
    areas = dialect.buttons.areas.values() if dialect.buttons else ()
    conditions = (*areas, *chain.from_iterable(area.parameters for area in areas))
    if dialect.buttons:
        conditions = (*conditions, *chain.from_iterable(dialect.buttons.types.values()))
    is_named = any(name in (*one.only, *one.excluding) for one in conditions)
    return _kind(dialect, name), repr(model), families, name if is_named else None


def _kind(dialect: Vendor, name: str) -> Hashable:
    """What conditions ask for, and which counts there are at all: how many of each is tested with every model."""
    conditions = (*chain.from_iterable(dialect.settings.values()), *dialect.constants)
    conditions = (*conditions, *dialect.unused_lines, *dialect.unused_slots)
    model, members = dialect.models[name], dialect.families.items()
    groups = {name, *(family for family, models in members if name in models)}
    return (
        frozenset(groups & {one for condition in conditions for one in (*condition.only, *condition.excluding)}),
        model.capabilities & {condition.requires for condition in conditions if condition.requires},
        frozenset(model.files),
        tuple(None if count is None else min(count, 2) for count in (model.lines, model.keys, model.handsets)),
        model.lines_per_handset,
        model.expansion is not None,
    )
