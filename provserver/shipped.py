"""Where the files are that come with the program: vendor files, templates, the example configuration."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """`vendors`, `templates` or `config.example.yaml`: inside an installed package, else beside it in a source tree."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name
