"""The tables of docs/api.md and the OpenAPI document agree."""

import re
from typing import Any

import pytest

from linktime_common.http.described_errors import ERRORS as DESCRIBED
from linktime_common.identity import CallerKind
from linktime_gateway.api.routes import OWN_FORWARDS
from linktime_gateway.clients.forwards import SCIM_ROOT, load_forwards
from linktime_gateway.domain.limits import Limit
from linktime_gateway.domain.route_table import PAGES
from linktime_gateway.settings import GatewaySettings
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS
from tests.api_document import DOCUMENT
from tests.api_page import (
    ENDPOINTS,
    ERRORS,
    EVENTS,
    PAGE,
    SHAPES,
    WITHIN,
    WITHOUT_KEY,
    fields,
    table,
)

FORWARDS = load_forwards()
REACHABLE = [one for one in FORWARDS if one.caller_kind is not CallerKind.SCIM_TOKEN]
SCIM = [one for one in FORWARDS if one.caller_kind is CallerKind.SCIM_TOKEN]
# Same as PATCH, so the page and the document may list only one of them.
ALIASES = {("PUT", "/api/v1/contacts/{id}"), ("PUT", "/dashboard/api/event-types/{id}")}
CALLS = {
    "list bookings": "GET /api/v1/bookings",
    "book": "POST /api/v1/bookings",
    "cancel": "POST /api/v1/bookings/{id}/cancel",
    "reschedule": "POST /api/v1/bookings/{id}/reschedule",
    "list contacts": "GET /api/v1/contacts",
    "add a contact": "POST /api/v1/contacts",
    "change a contact": "PATCH /api/v1/contacts/{id}",
    "merge contacts": "POST /api/v1/contacts/{id}/merge",
    "export contacts": "GET /api/v1/contacts/export",
    "import contacts": "POST /api/v1/contacts/import",
    "slots": "GET /api/v1/availability/{slug}",
    "explain": "GET /api/v1/availability/{slug}/explain",
    "list conversations": "GET /api/v1/conversations",
    "list calls": "GET /api/v1/calls",
    "send a message": "POST /api/ingest/messages",
    "send a call": "POST /api/ingest/calls",
}
LIMITS = {
    "API key endpoints": Limit.API_KEY,
    "failed key checks": Limit.FAILED_CHECKS,
    "public booking endpoint": Limit.PUBLIC_BOOKINGS,
    "public reads": Limit.PUBLIC_READS,
    "SCIM": Limit.SCIM,
    "dashboard": Limit.SESSION,
}

# Nested shapes, by field, from the page's notes below the shapes.
NESTED = {
    ("booking", "answers"): "{questionId, label, value}",
    ("booking", "eventType"): "{id, name, slug, durationMinutes}",
    ("booking detail", "contact"): "{id, name, email, phone, company}",
    (
        "booking detail",
        "history",
    ): "{type, at, by, reason, fromStartTime, toStartTime, ignoredRules}",
    ("meeting", "eventType"): "{id, name, slug, durationMinutes}",
    ("event type detail", "questions"): "{id, label, type, required, options}",
    ("message", "media"): "{url, contentType}",
    ("call", "transcript"): "{role, text, atMs}",
    ("list", "pagination"): "{page, limit, total, totalPages, nextCursor}",
}


TAKES = re.findall(r"^\| ([a-z ]+) \| (.*`.*|any of these.*) \|$", PAGE, re.MULTILINE)


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def answered(method: str, path: str) -> dict[str, Any]:
    """Return the schema of the successful response, which is JSON or, of a feed, a text."""
    answers = operation(method, path)["responses"]
    good = next(status for status in answers if status.startswith("2"))
    (content,) = answers[good]["content"].values()
    return resolved(content["schema"])


def of_shape(shape: str) -> dict[str, Any]:
    """Return the schema of a shape of the page."""
    if shape == "list":
        return answered("GET", "/api/v1/bookings")
    if shape in WITHIN:
        outer, field = WITHIN[shape]
        return resolved(of_shape(outer)["properties"][field]["items"])
    for method, path, _success, answer in ENDPOINTS:
        if answer == shape:
            return answered(method, path)
        if answer == f"list of {shape}":
            return resolved(answered(method, path)["properties"]["data"]["items"])
    raise AssertionError(f"no endpoint answers {shape}")


@pytest.mark.parametrize(("method", "path", "success", "answer"), ENDPOINTS)
def test_an_endpoint_is_described(method: str, path: str, success: str, answer: str) -> None:
    """With its success status, the required credential and the kind of response."""
    described = operation(method, path)
    assert [status for status in described["responses"] if status < "300"] == [success]
    assert described["security"] == [{"apiKey": []}]
    if answer == "CSV":
        assert list(described["responses"]["200"]["content"]) == ["text/csv"]
        return
    properties = set(answered(method, path)["properties"])
    if answer.startswith("list of "):
        assert properties == {"data", "pagination"}
    elif answer.startswith("{"):
        # Without `expand`, which the page describes apart.
        assert properties - {"booking"} == {answer.strip("{}")}
    else:
        assert properties == fields(answer)


def test_no_endpoint_is_missing_on_the_page() -> None:
    """Version 1 has exactly the page's endpoints."""
    documented = {(method, path) for method, path, _success, _answer in ENDPOINTS}
    described = {
        (method.upper(), path)
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
        if path.startswith("/api/v1/")
    }
    assert described - ALIASES == documented


def test_reachable_paths_are_the_documented_ones() -> None:
    """The gateway opens exactly the documented paths."""
    described = {
        (method.upper(), path)
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }
    reachable = {
        (route.method, route.path)
        for route in [*REACHABLE, *OWN_FORWARDS]
        if not route.path.startswith(PAGES)
    }
    assert described - ALIASES == reachable - ALIASES


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_has_the_fields_of_the_page(shape: str) -> None:
    """Exactly those, and all are required in responses."""
    schema = of_shape(shape)
    assert set(schema["properties"]) == fields(shape)
    assert set(schema["required"]) == fields(shape)


@pytest.mark.parametrize(("shape", "field"), NESTED)
def test_nested_shapes(shape: str, field: str) -> None:
    """Exactly the fields in the page's notes."""
    written = NESTED[shape, field]
    assert written in " ".join(PAGE.split())
    schema = of_shape(shape)["properties"][field]
    within = resolved(schema.get("items", schema))
    assert set(within["properties"]) == set(written.strip("{}").split(", "))


def test_optional_values_of_responses_are_null() -> None:
    """In all responses, at any depth; only what `expand` adds may be missing."""
    looked_at: dict[str, dict[str, Any]] = {}

    def look(schema: dict[str, Any]) -> None:
        name = schema.get("$ref", "")
        if name and name not in looked_at:
            looked_at[name] = resolved(schema)
            look(looked_at[name])
        optional = set(schema.get("properties", ())) - set(schema.get("required", ()))
        assert optional <= {"booking"}, schema
        within = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
        if "items" in schema:
            within.append(schema["items"])
        for one in within:
            look(one)

    for path, operations in DOCUMENT["paths"].items():
        for method in operations:
            look(answered(method, path))
    assert len(looked_at) > len(SHAPES)


@pytest.mark.parametrize(("call", "takes"), TAKES)
def test_a_call_has_the_parameters_of_the_page(call: str, takes: str) -> None:
    """Parameters or body fields by name, required ones, and the largest page."""
    method, path = CALLS[call].split()
    described = operation(method, path)
    plain = re.sub(r"\([^)]*\)", "", takes)
    needed, _optional, more = plain.partition("optional")
    if method == "GET":
        parameters = {
            one["name"]: one for one in described["parameters"] if one.get("in") == "query"
        }
        assert set(parameters) == set(re.findall(r"`(\w+)`", plain))
        required = {name for name, one in parameters.items() if one["required"]}
        assert required == ({"timezone"} if call == "slots" else set())
        if "limit" in parameters:
            most = 50 if "up to 50" in takes else 100
            assert parameters["limit"]["schema"]["maximum"] == most
        return
    content = described["requestBody"]["content"]["application/json"]
    schema = resolved(content["schema"])
    if takes.startswith("any of these"):
        added = dict(TAKES)["add a contact"]
        assert set(schema["properties"]) == set(re.findall(r"`(\w+)`", added))
        assert "required" not in schema
        return
    names = set(re.findall(r"`(\w+)`", needed))
    assert set(schema["properties"]) == names | set(re.findall(r"`(\w+)`", more))
    assert set(schema.get("required", ())) == names


def test_every_call_of_the_page_was_looked_at() -> None:
    """A new row needs its endpoint named above."""
    assert [call for call, _takes in TAKES] == list(CALLS)


@pytest.mark.parametrize(("status", "when"), ERRORS.items())
def test_an_error_is_described(status: str, when: str) -> None:
    """As a shared response, with the headers that the page names."""
    answer = DOCUMENT["components"]["responses"][DESCRIBED[int(status)].name]
    assert set(re.findall(r"with ([A-Z][\w-]+)", when)) <= set(answer["headers"])
    assert "X-Request-Id" in answer["headers"]


def test_operations_have_only_errors_of_the_page() -> None:
    """Each of them somewhere, except 405, which no operation returns."""
    answered_somewhere = {
        status
        for operations in DOCUMENT["paths"].values()
        for described in operations.values()
        for status in described["responses"]
        if status >= "400"
    }
    assert answered_somewhere == set(ERRORS) - {"405"}


def test_the_endpoints_without_a_key_are_those_of_the_page() -> None:
    """All paths without a credential are on the page, with their status."""
    documented = {(method, path): answer for method, path, answer in WITHOUT_KEY}
    for route in REACHABLE:
        if route.caller_kind is CallerKind.PUBLIC:
            described = operation(route.method, route.path)
            success = "201" if documented[route.method, route.path].startswith("201") else "200"
            assert described["security"] == [{}]
            assert success in described["responses"]


def test_the_scim_endpoints_are_those_of_the_page() -> None:
    """SCIM is not in the document, so only the page lists its paths."""
    documented = {
        (method, SCIM_ROOT + path.rstrip("/"))
        for path, methods, _what in table("| SCIM path | methods | what it does |")
        for method in methods.split(", ")
    }
    assert documented == {(route.method, route.path) for route in SCIM}


def test_subscribers_choose_from_the_events_of_the_page() -> None:
    """The webhook service accepts exactly these."""
    assert list(PUBLIC_EVENTS) == EVENTS


def test_the_limits_of_the_page_are_the_gateways_defaults() -> None:
    """Each of them, and no other."""
    documented = {
        LIMITS[what]: allowed for what, allowed, _by in table("| what | limit | counted by |")
    }
    defaults = {limit: GatewaySettings.model_fields[f"limit_{limit}"].default for limit in Limit}
    assert documented == {
        limit: f"{item.amount} a minute" for limit, item in defaults.items() if item.multiples == 1
    }
    assert {item.GRANULARITY.name for item in defaults.values()} == {"minute"}
