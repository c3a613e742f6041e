"""Compiles template loops that only write parameters into a single step.

For example `{% for parameter in parameters %}{{ parameter.name }} = {{ parameter.value }}{% endfor %}`. A file has a
thousand parameters, and a Jinja loop makes two sandboxed accesses for each. Templates remain plain Jinja: such loops
are recognised when a template is compiled.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

from jinja2 import nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from provserver.rendering.parameters import Parameter

SPELLED_EACH = "spelled_each"
"""The filter that replaces such a loop."""

# Attributes of parameters that are texts
_TOLD = frozenset({"name", "index", "value", "folder", "leaf", "head", "rest", "section"})
_SPECIAL = "&<>'\""
_KEPT = 512  # cached loops; all templates together have a few dozen

_Piece = tuple[bool, str]  # whether it is an attribute, and its name; else a literal text
Pieces = tuple[_Piece, ...]


class LoopGenerator(CodeGenerator):
    """Jinja's code generator, with such loops as a single step."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - named by Jinja
        """Compile a whole template."""
        super().visit_Template(_Loops().visit(node), frame)


class _Loops(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - as above
        pieces = None if node.test or node.else_ or node.recursive else _pieces(node)
        if not pieces:
            return self.generic_visit(node)
        spelled = nodes.Filter(self.visit(node.iter), SPELLED_EACH, [nodes.Const(pieces)], [], None, None)
        return nodes.Output([spelled]).set_lineno(node.body[0].lineno)


def _pieces(loop: nodes.For) -> Pieces | None:
    """What the loop writes for each item; None if it does anything else."""
    written = [one for output in loop.body for one in (output.nodes if isinstance(output, nodes.Output) else [output])]
    pieces = [piece for one in written if (piece := _piece(one, loop.target))]
    is_all = len(pieces) == len(written) and any(is_attribute for is_attribute, _ in pieces)
    return tuple(pieces) if is_all else None


def _piece(written: nodes.Node, target: nodes.Node) -> _Piece | None:
    if isinstance(written, nodes.TemplateData):
        return False, written.data
    if not isinstance(written, nodes.Getattr) or not isinstance(target, nodes.Name):
        return None
    is_told = written.attr in _TOLD and isinstance(written.node, nodes.Name) and written.node.name == target.name
    return (True, written.attr) if is_told else None


@pass_eval_context
def spelled_each(context: EvalContext, value: Iterable[Any], pieces: Pieces) -> str:
    """Write the pieces for each item, escaped if the template escapes values."""
    items = value if isinstance(value, list | tuple) else list(value)
    if not {Parameter}.issuperset(map(type, items)):
        return _asked_one_by_one(context, items, pieces)
    written = _writer(pieces)(items)
    if not context.autoescape:
        return written
    # Some values need escaping
    if any(written.count(special) != len(items) * own for special, own in _specials(pieces)):
        written = _writer(pieces, "escape")(items)
    return Markup(written)  # noqa: S704 - every attribute is escaped


@lru_cache(maxsize=_KEPT)
def _writer(pieces: Pieces, spelled: str = "") -> Callable[[Iterable[Parameter]], str]:
    """The loop as a Python function, similar to what Jinja compiles. `spelled`.

    A function applied to each attribute.
    """
    parts = [
        f"{{{spelled}(p.{text})}}" if told else text.replace("{", "{{").replace("}", "}}") for told, text in pieces
    ]
    text = repr("".join(parts))  # quoted, whatever stands in the template
    function = eval(f"lambda items: ''.join([f{text} for p in items])", {"escape": escape})  # noqa: S307 - as said
    return cast("Callable[[Iterable[Parameter]], str]", function)


@lru_cache(maxsize=_KEPT)
def _specials(pieces: Pieces) -> list[tuple[str, int]]:
    """The characters that are escaped, and how often they occur in the literal texts."""
    texts = "".join(text for is_attribute, text in pieces if not is_attribute)
    return [(special, texts.count(special)) for special in _SPECIAL]


def _asked_one_by_one(context: EvalContext, items: Iterable[Any], pieces: Pieces) -> str:
    """The same for items of any type with these attributes."""
    ask, spelled = context.environment.getattr, escape if context.autoescape else str
    written = (spelled(ask(item, text)) if is_attribute else text for item in items for is_attribute, text in pieces)
    return Markup("").join(map(Markup, written)) if context.autoescape else "".join(written)
