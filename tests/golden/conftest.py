"""The shipped catalogue, loaded once."""

import pytest

from provserver.domain.vendor import Catalogue
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.shipped import shipped

ENVIRONMENT = build_environment([shipped("templates")])


@pytest.fixture(scope="package")
def catalogue() -> Catalogue:
    return load_catalogue([shipped("vendors")], ENVIRONMENT)


@pytest.fixture(scope="package")
def renderer() -> Renderer:
    return Renderer(ENVIRONMENT)
