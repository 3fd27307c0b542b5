"""Render the reference page: an outline of the OpenAPI document, which a script replaces."""

from html import escape
from typing import Any

from linktime_gateway.api.reference.texts import blocks, inline
from linktime_gateway.pages.built import Built

STYLE = "/docs/reference.css"
ENTRY = "reference"
_NEEDS = {"apiKey": "an API key", "session": "a session of the dashboard", "csrf": "its CSRF token"}


def render(document: dict[str, Any], name: str, built: Built | None) -> str:
    """Return the page; `name` is what the script calls the document. All texts are escaped."""
    info, tags = document["info"], document["tags"]
    title = f"{escape(info['title'])} API reference"
    operations = _operations(document)
    sections = "".join(_section(tag, operations.get(tag["name"], [])) for tag in tags)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{escape(info["summary"])}">
<title>{title}</title>
<link rel="stylesheet" href="{STYLE}">
{_files(built)}</head>
<body>
<main class="outline">
<h1>{title}</h1>
<p>There is a page of <a href="/docs">the API</a> and one of
<a href="/docs/dashboard">the dashboard</a>. Without JavaScript it is an outline; with it, it
shows all fields and examples, and sends requests. For machines there is OpenAPI 3.1 of
<a href="/openapi.json">the API</a> and of <a href="/openapi-dashboard.json">the dashboard</a>,
and <a href="/asyncapi.json">AsyncAPI 3</a> of the events.</p>
{blocks(info["description"])}
{sections}</main>
<div id="reference" data-shown="{escape(name)}"></div>
</body>
</html>
"""


def _files(built: Built | None) -> str:
    if built is None:
        return ""
    entry = built.entries[ENTRY]
    imports = "".join(f'<link rel="modulepreload" href="{file}">\n' for file in entry.imports)
    return (
        f'<link rel="icon" href="{built.icon}" type="image/svg+xml">\n'
        f'<script type="module" src="{entry.script}"></script>\n{imports}'
    )


def _operations(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the operations as HTML, by tag."""
    found: dict[str, list[str]] = {}
    for path, methods in (document["paths"] | document.get("webhooks", {})).items():
        for method, operation in methods.items():
            for tag in operation["tags"]:
                found.setdefault(tag, []).append(_entry(method.upper(), path, operation))
    return found


def _section(tag: dict[str, str], operations: list[str]) -> str:
    return (
        f"<h2>{escape(tag['name'])}</h2>\n{blocks(tag.get('description', ''))}"
        f"<dl>\n{''.join(operations)}</dl>\n"
    )


def _entry(method: str, path: str, operation: dict[str, Any]) -> str:
    return (
        f'<dt id="{escape(operation["operationId"])}"><b>{escape(method)}</b> {escape(path)}</dt>\n'
        f"<dd>{inline(operation['summary'])}{_needs(operation)}</dd>\n"
    )


def _needs(operation: dict[str, Any]) -> str:
    if "security" not in operation:  # a webhook: LinkTime is the client
        return ""
    needs = [_NEEDS[kind] for way in operation["security"] for kind in way]
    return f". Needs {' and '.join(needs) or 'no credential'}."
