"""Template loops that only write parameters, one after the other, are compiled into a single step.

`{% for parameter in parameters %}{{ parameter.name }} = {{ parameter.value }}{% endfor %}`, and whatever else stands
around the attributes. A file has a thousand parameters, and a Jinja loop asks the sandbox twice for each of them.
Templates stay plain Jinja: such loops are recognised when a template is compiled.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

from jinja2 import nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from provserver.rendering.parameters import Parameter

SPELLED_EACH = "spelled_each"
"""The filter that such a loop becomes."""

_TOLD = frozenset({"name", "value", "leaf", "folder", "section"})  # texts, of each parameter
_SPECIAL = re.compile(r"[&<>'\"]")

_Piece = tuple[bool, str]  # whether it is an attribute, and its name, else a text


class LoopGenerator(CodeGenerator):
    """Compiles templates, with such loops as a single step."""

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


def _pieces(loop: nodes.For) -> tuple[_Piece, ...] | None:
    """What the loop writes each time; None if it does anything else."""
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
def spelled_each(context: EvalContext, value: Iterable[Any], pieces: Sequence[_Piece]) -> str:
    """The pieces for each item, escaped if the template escapes its values."""
    items = list(value)
    if not {Parameter}.issuperset(map(type, items)):
        return _asked_one_by_one(context, items, pieces)
    columns: list[Iterable[str]] = []
    for is_attribute, text in pieces:
        if is_attribute:
            told = list(map(attrgetter(text), items))
            columns.append(_escaped(told) if context.autoescape else told)
        else:
            columns.append(repeat(text))
    spelled = "".join(chain.from_iterable(zip(*columns, strict=False)))  # texts come without end
    return Markup(spelled) if context.autoescape else spelled  # noqa: S704 - all that is told is escaped


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    """The texts escaped for XML. Most have nothing to escape: one search in all of them finds that out."""
    if _SPECIAL.search("".join(texts)) is None:
        return texts
    return [str(escape(text)) if _SPECIAL.search(text) else text for text in texts]


def _asked_one_by_one(context: EvalContext, items: Iterable[Any], pieces: Sequence[_Piece]) -> str:
    """The same for items of any type with such attributes."""
    ask, spelled = context.environment.getattr, escape if context.autoescape else str
    written = (spelled(ask(item, text)) if is_attribute else text for item in items for is_attribute, text in pieces)
    return Markup("").join(map(Markup, written)) if context.autoescape else "".join(written)
