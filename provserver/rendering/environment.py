"""The Jinja environment: sandboxed, strict about undefined names, escaping by file name.

Templates named `*.xml.j2` or `*.htm.j2` escape all values for XML. Others write values as they are, so the vendor's
syntax rules must exclude what would break the file. Overlay folders take precedence over the shipped one.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from types import BuiltinMethodType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from provserver.domain.lines import Cell, Handset, Line, Server
from provserver.domain.mac import Mac
from provserver.rendering.filters import Step, group_by, reject_by, select_by, sort_by, steps
from provserver.rendering.parameters import Parameter
from provserver.rendering.renderer import DeviceFacts
from provserver.rendering.template_loops import SPELLED_EACH, LoopGenerator, spelled_each

_OWN_VALUES = frozenset({Cell, DeviceFacts, Handset, Line, Mac, Parameter, Server})
"""Types passed to templates. They are immutable and all their public attributes may be used."""

_HARMLESS: dict[type, frozenset[str]] = {
    **{kind: frozenset(name for name in dir(kind) if name[0] != "_") for kind in (*_OWN_VALUES, Step)},
    dict: frozenset({"get", "items", "keys", "values"}),
    str: frozenset(name for name in dir(str) if name[0] != "_") - {"format", "format_map"},
}
"""Attributes that are always safe: they change nothing and give no way out of the sandbox."""

_Source = tuple[str, str, Callable[[], bool]]  # its text, where it is, and whether it is still so

_NOTHING: frozenset[str] = frozenset()
_OF_JINJA = frozenset({"_loop_vars", "_block_vars"})  # passed by Jinja to every call


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox with fast paths for safe attributes, as a file accesses thousands of them."""

    code_generator_class = LoopGenerator

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute in _HARMLESS.get(type(obj), _NOTHING):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        asked = type(obj), attr  # the answer is the same for all objects of a type
        if asked not in self._safe:
            self._safe[asked] = super().is_safe_attribute(obj, attr, value)
        return self._safe[asked]

    def call(self, context: Context, called: Any, *args: Any, **named: Any) -> Any:
        if type(called) is BuiltinMethodType and called.__name__ in _HARMLESS.get(type(called.__self__), _NOTHING):
            for name in _OF_JINJA & named.keys():
                del named[name]
            return called(*args, **named)
        return super().call(context, called, *args, **named)

    def getitem(self, obj: Any, argument: Any) -> Any:
        # used by filters to look up attributes
        return self.getattr(obj, argument) if type(obj) in _OWN_VALUES else super().getitem(obj, argument)


class _ConfinedLoader(FileSystemLoader):
    """A loader that does not follow symbolic links out of its folders, and reads each file once.

    Templates are compiled at their first use. Somebody may have begun to edit them by then, or to put others over them,
    and files would be made of what is in no digest of the catalogue.
    """

    def __init__(self, folders: Sequence[Path], **options: Any) -> None:
        super().__init__(folders, **options)
        self._read: dict[str, _Source] = {}

    def get_source(self, environment: Environment, template: str) -> _Source:
        if template not in self._read:
            self._read[template] = self._confined(template, super().get_source(environment, template))
        return self._read[template]

    def _confined(self, template: str, found: _Source) -> _Source:
        place = Path(found[1]).resolve()
        if not any(place.is_relative_to(Path(folder).resolve()) for folder in self.searchpath):
            raise TemplateNotFound(template, f"{found[1]} is a link out of its folder")
        return found


def build_environment(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    """An environment that loads `<vendor>/<template>` from the first folder that has it."""
    environment = _Environment(
        loader=_ConfinedLoader(folders, followlinks=False),
        autoescape=select_autoescape(enabled_extensions=("xml.j2", "htm.j2"), default=False, default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {"groupby": group_by, "selectattr": select_by, "rejectattr": reject_by}
    environment.filters |= {"sort": sort_by, "steps": steps, "serial": _serial, SPELLED_EACH: spelled_each}
    return environment


def _serial(text: str) -> str:
    """12 digits derived from the text, for phones that only apply a file with a new serial number."""
    return f"{int(sha256(text.encode()).hexdigest(), 16) % 10**12:012d}"
