"""Renders parameters with a template to the document a phone gets. Deterministic, byte for byte."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from traceback import extract_tb
from typing import Any

from jinja2 import Environment

from provserver.domain.errors import CannotCarry, RenderingFailed
from provserver.domain.file_rules import FileRule
from provserver.domain.lines import Repeated
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor
from provserver.rendering.outcomes import Translation
from provserver.rendering.parameters import Parameter
from provserver.rendering.refusals import are_refused, uncarriable


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered file. `etag`: strong entity tag, including quotes."""

    body: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The facts about the device that templates can use."""

    mac: Mac
    vendor: str
    model: str | None
    name: str | None


class Renderer:
    """Renders documents with the vendors' templates."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def device_file(
        self,
        vendor: Vendor,
        rule: FileRule,
        device: DeviceFacts,
        translation: Translation,
        base_url: str,
        *,
        ipei: str | None = None,
    ) -> Document:
        """Render a device's own file. `base_url`: its provisioning URL with token and trailing slash.

        `ipei`: the handset that the file is about, if any. Raises `CannotCarry` for a value the syntax cannot
        represent, and `RenderingFailed` if the template fails.
        """
        if are_refused(_texts(translation.parameters), vendor.syntax.cannot_carry):
            refused = uncarriable(vendor, _values(translation.parameters))
            raise CannotCarry(f"{vendor.name} files cannot hold the value of {', '.join(refused)}", details=refused)
        return self._lay_out(
            vendor,
            rule,
            translation.parameters,
            translation.repeated,
            device=device,
            base_url=base_url,
            handset=next((one for one in translation.repeated.handsets if one.ipei == ipei), None),
            model_name=device.model,
        )

    def common_file(self, vendor: Vendor, rule: FileRule, model_name: str | None) -> Document:
        """Render a file that is the same for all phones of a model. It contains no device data and no secrets."""
        context = {"device": None, "base_url": None, "handset": None, "model_name": model_name}
        return self._lay_out(vendor, rule, (), Repeated(), **context)

    def _lay_out(
        self, vendor: Vendor, rule: FileRule, parameters: Sequence[Parameter], repeated: Repeated, **context: Any
    ) -> Document:
        name = f"{vendor.dialect}/{rule.template}"
        try:
            text = self._environment.get_template(name).render(
                parameters=parameters,
                lines=repeated.lines,
                handsets=repeated.handsets,
                servers=repeated.servers,
                cells=repeated.cells,
                role=repeated.role,
                **context,
            )
        except Exception as error:
            raise RenderingFailed(f"{_place(name, error)}: {first_line(error)}", template=name) from error
        body = text.encode()
        return Document(body, rule.content_type, entity_tag(body))


def entity_tag(body: bytes) -> str:
    """A strong entity tag, including quotes."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def first_line(error: Exception) -> str:
    """The first line of an error message; some have a source excerpt after it."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _place(name: str, error: Exception) -> str:
    """`templates/<name>:<line>` of a syntax error, else of the innermost template frame."""
    line = getattr(error, "lineno", None)
    frames = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename.endswith(name)]
    line = line or (frames[-1] if frames else None)
    return f"templates/{name}:{line}" if line else f"templates/{name}"


def _texts(parameters: Iterable[Parameter]) -> set[str]:
    """The distinct texts that a template may write. Most of a thousand are equal."""
    texts = {parameter.value for parameter in parameters}
    return texts.union(*(parameter.attributes.values() for parameter in parameters if parameter.attributes))


def _values(parameters: Iterable[Parameter]) -> Iterator[tuple[str, Any]]:
    """All values that a template may write, with the setting they come from."""
    for parameter in parameters:
        texts = [parameter.value, *parameter.attributes.values()] if parameter.attributes else parameter.value
        yield parameter.setting or parameter.identity, texts
