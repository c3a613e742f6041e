"""Locates the files shipped with the program: vendor files, templates, the example configuration."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The path of `vendors`, `templates` or `config.example.yaml`, in an installed package or a source tree."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name
