"""Every test here runs over what is on disk: a new vendor or model is tested by being there."""

from provserver.domain.vendor import Catalogue
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.shipped import shipped

ENVIRONMENT = build_environment([shipped("templates")])
CATALOGUE: Catalogue = load_catalogue([shipped("vendors")], ENVIRONMENT)
RENDERER = Renderer(ENVIRONMENT)
