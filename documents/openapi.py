"""The OpenAPI 3.1 description: the merged descriptions of all services and shared components.

`split` makes the two served documents of it.

https://spec.openapis.org/oas/v3.1.0
"""

from typing import Any

from documents import code_samples, introduction, shared, webhook_events
from documents.described import SERVICES
from documents.parts import part
from linktime_common.http.described_errors import ERRORS
from linktime_common.http.ignored_parameters import IGNORED_PARAMETERS
from linktime_common.http.openapi import describe

BAD_REQUEST, FAULT = 400, 500
DASHBOARD = "/dashboard/"
_RANKS = ("/api/v1/", "/api/bookings", "/api/public/", "/api/ingest/", "/dashboard/")


class DescriptionsDisagree(Exception):
    """Two services use one name for different components."""


def build() -> dict[str, Any]:
    """Return the whole description; raises DescriptionsDisagree."""
    return merge({name: describe(*service) for name, service in SERVICES.items()})


def merge(descriptions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Merge the services' `{paths, schemas}`; raises DescriptionsDisagree."""
    paths: dict[str, Any] = {}
    components = shared.components()
    for service, described in descriptions.items():
        for path, operations in described["paths"].items():
            held = paths.setdefault(path, {})
            for method, operation in operations.items():
                _add(held, method, _complete(operation), f"{service}: {method} {path}")
        for name, schema in described["schemas"].items():
            _add(components["schemas"], name, schema, f"{service}: {name}", equal=True)
    webhooks, schemas = webhook_events.build()
    for name, schema in schemas.items():
        _add(components["schemas"], name, schema, f"webhook events: {name}", equal=True)
    components["schemas"] = dict(sorted(components["schemas"].items()))
    ordered = dict(sorted(paths.items(), key=_rank))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LinkTime",
            "version": "1",
            "summary": "Scheduling: bookings, contacts, availability",
            "description": introduction.api(),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This installation"}],
        "tags": [introduction.tag(name) for name in (*_tags(ordered), webhook_events.TAG)],
        "paths": ordered,
        "webhooks": webhooks,
        "components": components,
    }


def split(whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the served documents by file name: the API, and the API of the dashboard's pages."""
    api = part(whole, lambda path: not path.startswith(DASHBOARD))
    code_samples.add(api)
    dashboard = part(whole | {"webhooks": {}}, lambda path: path.startswith(DASHBOARD))
    dashboard["info"] |= {
        "title": "LinkTime dashboard",
        "summary": "What the pages of the dashboard call",
        "description": introduction.DASHBOARD,
    }
    return {"openapi.json": api, "openapi-dashboard.json": dashboard}


def _add(held: dict[str, Any], name: str, given: Any, where: str, *, equal: bool = False) -> None:
    if name in held and not (equal and held[name] == given):
        raise DescriptionsDisagree(f"{where} is described already, and differently")
    held[name] = given


def _complete(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the operation with response headers and an example for each error."""
    limited = (
        {}
        if any("session" in way for way in operation["security"])
        else shared.headers(*shared.LIMIT_HEADERS)
    )
    answers: dict[str, Any] = {}
    for status, answer in operation["responses"].items():
        if int(status) < BAD_REQUEST:
            named = shared.headers("X-Request-Id", IGNORED_PARAMETERS)
            answers[status] = answer | {"headers": named | limited | answer.get("headers", {})}
        else:
            example = answer["content"]["application/json"].get("example")
            answers[status] = shared.error_answer(
                int(status),
                words=answer["description"],
                example=example or shared.example(int(status), operation),
            )
    answers[str(FAULT)] = {"$ref": f"#/components/responses/{ERRORS[FAULT].name}"}
    return operation | {"responses": dict(sorted(answers.items()))}


def _rank(entry: tuple[str, Any]) -> tuple[int, int, str]:
    path, operations = entry
    (tag,) = next(iter(operations.values()))["tags"]
    rank = next(rank for rank, start in enumerate(_RANKS) if path.startswith(start))
    return rank, introduction.position(tag), path


def _tags(paths: dict[str, Any]) -> list[str]:
    found = (one["tags"] for operations in paths.values() for one in operations.values())
    return list(dict.fromkeys(tag for tags in found for tag in tags))
