"""Checks that the templates named by vendor files exist and compile."""

from collections.abc import Collection, Iterator
from pathlib import Path

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from provserver.domain.vendor import Vendor
from provserver.rendering.renderer import first_line
from provserver.rendering.vendor_checks import Problem


def check_templates(vendor: Vendor, environment: Environment, released: Path | None) -> Iterator[Problem]:
    """The errors of a vendor file's templates. Templates in the folder `released` are known to be correct."""
    for index, rule in enumerate(vendor.files):
        if rule.template is not None:
            reason = _template_mistake(f"{vendor.dialect}/{rule.template}", environment, released)
            if reason:
                yield ("files", index, "template"), reason


def _template_mistake(name: str, environment: Environment, released: Path | None) -> str | None:
    try:
        if released is None or not _stands_in(name, environment, released):
            environment.get_template(name)
    except TemplateSyntaxError as error:
        return f"templates/{error.name or name}:{error.lineno}: {error.message}"
    except TemplateError as error:
        return f"templates/{name}: {type(error).__name__}: {first_line(error)}"
    except UnicodeDecodeError:
        return f"templates/{name}: is not UTF-8 text"
    return None


def _stands_in(name: str, environment: Environment, folder: Path) -> bool:
    source = environment.loader.get_source(environment, name) if environment.loader else ("", None, None)
    return source[1] is not None and Path(source[1]).is_relative_to(folder)


def template_sources(vendors: Collection[str], environment: Environment) -> Iterator[str]:
    """The source of every template of these vendor files, in a fixed order."""
    if environment.loader is None:
        return
    for name in sorted(environment.list_templates()):
        if name.partition("/")[0] in vendors:
            try:
                yield environment.loader.get_source(environment, name)[0]
            except UnicodeDecodeError:
                continue  # not a template, or already reported by `_template_mistake`
