"""Every test here runs over what is on disk: a new vendor or model is tested by being there."""

from provserver.domain.vendor import Catalogue, Vendor
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
