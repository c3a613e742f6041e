"""The Jinja environment: sandboxed, strict, escaping by the template's name.

Templates named `*.xml.j2` (and `.htm.j2`) escape every value for XML; all others lay text out as it is, so their
vendor's syntax says what a value must not hold. Overlay folders are searched before the shipped one.
"""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment


def build_environment(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    """An environment that loads `<vendor>/<template>` from the first of `folders` that has it."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders, followlinks=False),
        autoescape=select_autoescape(enabled_extensions=("xml.j2", "htm.j2"), default=False, default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
