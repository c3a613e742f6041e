"""`GET /docs`: the OpenAPI document as an HTML page without external resources."""

from collections.abc import Iterator
from html import escape
from typing import Any

from aiohttp import web

from provserver.api.openapi import DESCRIPTION

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem 1.5rem 4rem;color:#1c2733}
nav ul{columns:3 14rem;padding-left:1.2rem}h2{margin-top:3rem;border-bottom:2px solid #d5dde5}
h3{margin:2rem 0 .3rem;font-size:1rem}code,.m{font-family:ui-monospace,monospace;font-size:.92em}
.m{display:inline-block;min-width:4.2rem;font-weight:700}.GET{color:#0a6b3d}.POST{color:#8a5200}.DELETE{color:#a31621}
table{border-collapse:collapse;margin:.4rem 0;width:100%}td,th{text-align:left;padding:.2rem .6rem .2rem 0;
vertical-align:top;border-bottom:1px solid #e5eaf0}td:first-child{white-space:nowrap}
@media(prefers-color-scheme:dark){body{background:#14191f;color:#dde5ee}a{color:#8ab8ff}
td,th,h2{border-color:#2c3743}.GET{color:#5fd39a}.POST{color:#f2b155}.DELETE{color:#ff8a92}}
"""


async def serve_docs(request: web.Request) -> web.StreamResponse:
    """Serve the page."""
    page = "".join(_page(await request.app[DESCRIPTION].document()))
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return web.Response(text=page, content_type="text/html", charset="utf-8", headers=headers)


def _page(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])} API"
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<style>{_STYLE}</style><h1>{title}</h1>"
    yield "".join(f"<p>{_text(paragraph)}</p>" for paragraph in info["description"].split("\n\n"))
    yield '<p>For machines: <a href="/openapi.json">/openapi.json</a></p>'
    tags = list(dict.fromkeys(operation["tags"][0] for _, _, operation in _operations(document)))
    yield '<nav aria-label="Contents"><ul>'
    yield "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in [*tags, "Schemas"])
    yield "</ul></nav>"
    for tag in tags:
        yield f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>'
        for method, path, operation in _operations(document):
            if operation["tags"][0] == tag:
                yield from _operation(method, path, operation, document["components"]["responses"])
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(method: str, path: str, operation: dict[str, Any], shared: dict[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(operation["operationId"])}"><span class="m {method}">{method}</span> '
    yield f"<code>{escape(path)}</code></h3><p>{_text(operation['summary'])}.</p>"
    body = operation.get("requestBody")
    if body:
        for content_type, content in body["content"].items():
            kind = _kind(content["schema"]) if content_type == "application/json" else f"a file, {escape(content_type)}"
            yield f"<p>Body: {kind}</p>"
    if operation.get("parameters"):
        yield "<table>"
        for parameter in operation["parameters"]:
            where = parameter["in"] + (", required" if parameter["required"] else "")
            yield f"<tr><td><code>{escape(parameter['name'])}</code><td>{where}<td>{_kind(parameter['schema'])}"
            yield f"<td>{_text(parameter.get('description', ''))}</tr>"
        yield "</table>"
    yield "<table>"
    for status, said in operation["responses"].items():
        response = shared[said["$ref"].rpartition("/")[2]] if "$ref" in said else said
        kinds = " ".join(_kind(content["schema"]) for content in response.get("content", {}).values())
        yield f"<tr><td><code>{status}</code><td>{_text(response['description'])}<td>{kinds}</tr>"
    yield "</table>"


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{_anchor("schema-" + name)}"><code>{escape(name)}</code></h3>'
    yield f"<p>{_text(schema.get('description', ''))}</p>"
    if "enum" in schema:
        yield f"<p>{_kind(schema)}</p>"
    if schema.get("properties"):
        yield "<table>"
        for field, facts in schema["properties"].items():
            required = ", required" if field in schema.get("required", []) else ""
            yield f"<tr><td><code>{escape(field)}</code><td>{_kind(facts)}{required}"
            yield f"<td>{_text(facts.get('description', ''))}</tr>"
        yield "</table>"


def _kind(schema: dict[str, Any]) -> str:
    """The type of a value in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_anchor("schema-" + name)}">{escape(name)}</a>'
    for combined in ("anyOf", "oneOf"):
        if combined in schema:
            return " or ".join(_kind(option) for option in schema[combined])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    bounds = [f"{schema[key]}" for key in ("minimum", "maximum") if key in schema]
    kind = escape(str(schema.get("format") or schema.get("type") or "any"))
    return f"{kind} {' to '.join(bounds)}".strip()


def _anchor(text: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in text.lower())


def _text(text: str) -> str:
    """Plain text; text in backticks is shown as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
