"""Render the OpenAPI document as one HTML page without scripts."""

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from linktime_gateway.api.reference.schema_fields import Field, Fields, words
from linktime_gateway.api.reference.texts import blocks, code, inline

STYLE = "/docs/reference.css"
_NEEDS = {"apiKey": "an API key", "session": "a session of the dashboard", "csrf": "its CSRF token"}


def render(document: dict[str, Any]) -> str:
    """Return the whole page; all text of the document is escaped."""
    tags = document["tags"]
    page = _Page(document)
    info = document["info"]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])} API reference</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<a class="skip" href="#main">Skip to the reference</a>
<div class="page">
<nav aria-label="Operations">
{"".join(page.links(tag["name"]) for tag in tags)}
</nav>
<main id="main">
<h1>{escape(info["title"])} API reference</h1>
{blocks(info["description"])}
<p>For machines: OpenAPI 3.1 of <a href="/openapi.json">the API</a> and of
<a href="/openapi-dashboard.json">the dashboard</a>, and for the events
<a href="/asyncapi.json">AsyncAPI 3</a>. For people: <a href="/docs">the API</a> and
<a href="/docs/dashboard">the dashboard</a>.</p>
{"".join(page.section(tag) for tag in tags)}
</main>
</div>
</body>
</html>
"""


def table(caption: str, heads: Iterable[str], rows: list[list[str]]) -> str:
    """Return a table of HTML cells; empty without rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"
    )


class _Page:
    def __init__(self, document: dict[str, Any]) -> None:
        self._components = document["components"]
        self._fields = Fields(self._components["schemas"])
        self._operations = [
            (method.upper(), path, operation)
            for path, operations in (document["paths"] | document.get("webhooks", {})).items()
            for method, operation in operations.items()
        ]

    def links(self, tag: str) -> str:
        lines = "".join(
            f'<li><a href="#{escape(operation["operationId"])}"><b>{escape(method)}</b> '
            f"{escape(path)}</a></li>\n"
            for method, path, operation in self._tagged(tag)
        )
        return f'<p>{escape(tag)}</p>\n<ul aria-label="{escape(tag)}">\n{lines}</ul>\n'

    def section(self, tag: dict[str, str]) -> str:
        name, text = tag["name"], tag.get("description", "")
        articles = "".join(self._article(*one) for one in self._tagged(name))
        return f"<section>\n<h2>{escape(name)}</h2>\n{blocks(text)}{articles}</section>\n"

    def _tagged(self, tag: str) -> list[tuple[str, str, dict[str, Any]]]:
        return [one for one in self._operations if tag in one[2]["tags"]]

    def _article(self, method: str, path: str, operation: dict[str, Any]) -> str:
        name = escape(operation["operationId"])
        return (
            f'<article id="{name}" aria-labelledby="{name}-title">\n'
            f'<h3 id="{name}-title">{inline(operation["summary"])}</h3>\n'
            f'<p class="call"><span class="method">{escape(method)}</span> {escape(path)}</p>\n'
            f"{blocks(operation.get('description', ''))}"
            f"{_needs(operation)}{self._parameters(operation)}{self._body(operation)}{self._answers(operation)}"
            f"{_samples(operation)}</article>\n"
        )

    def _parameters(self, operation: dict[str, Any]) -> str:
        rows = []
        for given in operation["parameters"]:
            one = given
            if "$ref" in given:
                one = self._components["parameters"][given["$ref"].rpartition("/")[2]]
            meaning = "; ".join(
                filter(None, [one.get("description", "").rstrip("."), words(one["schema"])])
            )
            field = Field(one["name"], self._fields.kind(one["schema"]), one["required"], meaning)
            rows.append([*_cells(field), escape(one["in"])])
        return table("Parameters", ("name", "value", "required", "meaning", "where"), rows)

    def _body(self, operation: dict[str, Any]) -> str:
        if "requestBody" not in operation:
            return ""
        return self._content(operation["requestBody"]["content"], "Body")

    def _answers(self, operation: dict[str, Any]) -> str:
        rows, shapes = [], ""
        for status, given in operation["responses"].items():
            answer = given
            if "$ref" in given:
                answer = self._components["responses"][given["$ref"].rpartition("/")[2]]
            rows.append([f"<code>{escape(status)}</code>", inline(answer["description"])])
            if not shapes and status.startswith("2"):
                shapes = self._content(answer.get("content", {}), "Answer")
        return shapes + table("Statuses", ("status", "when"), rows)

    def _content(self, content: dict[str, Any], caption: str) -> str:
        if "application/json" not in content:
            return ""
        given = content["application/json"]
        rows = [_cells(field) for field in self._fields.of(given["schema"])]
        shown = table(caption, ("field", "value", "required", "meaning"), rows)
        if "example" not in given:
            return shown
        example = json.dumps(given["example"], ensure_ascii=False, indent=2)
        return (
            f"{shown}<details><summary>Example of the {caption.lower()}</summary>\n"
            f"{code(example)}</details>\n"
        )


def _samples(operation: dict[str, Any]) -> str:
    return "".join(
        f"<details><summary>{escape(sample['label'])}</summary>\n{code(sample['source'])}</details>\n"
        for sample in operation.get("x-codeSamples", ())
    )


def _needs(operation: dict[str, Any]) -> str:
    if "security" not in operation:  # a webhook: LinkTime is the client
        return ""
    needs = [_NEEDS[kind] for way in operation["security"] for kind in way]
    return f"<p>Needs: {', '.join(needs) or 'no credential'}.</p>\n"


def _cells(field: Field) -> list[str]:
    return [
        f"<code>{escape(field.name)}</code>",
        escape(field.kind),
        "yes" if field.required else "no",
        inline(field.words),
    ]
