"""The served documents match the code, and are valid."""

import json
import re
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from documents import asyncapi, forwards, openapi
from documents.build import ASYNCAPI as ASYNCAPI_FILE
from documents.build import ROOT, build
from documents.event_examples import all_examples, examples_in
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from linktime_common.contracts.events import EVENTS
from linktime_common.errors import Refusal
from linktime_common.http.errors import SENTENCES
from linktime_common.http.routes import Route, get
from linktime_common.identity import CallerKind
from linktime_gateway.clients.forwards import read_forwards
from linktime_operator.stack.stack import Stack
from tests.api_document import DOCUMENT as OPENAPI

BUILT = build()
DOCUMENTS = openapi.split(OPENAPI)
ASYNCAPI = asyncapi.build(json.loads((ROOT / ASYNCAPI_FILE).read_text("utf-8")))


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = (document["paths"] | document.get("webhooks", {})).values()
    return [operation for operations in found for operation in operations.values()]


OPERATIONS = [
    pytest.param(operation, id=f"{name}: {operation['operationId']}")
    for name, document in DOCUMENTS.items()
    for operation in operations_of(document)
]
ROUTES = [
    pytest.param(route, id=f"{name}: {route.method} {route.path}")
    for name, service in openapi.SERVICES.items()
    for route in service.routes
]
KEPT_KIB = 900


@pytest.mark.parametrize(("name", "content"), BUILT.items(), ids=BUILT)
def test_the_checked_in_file_matches_the_code(name: str, content: bytes) -> None:
    """`make openapi` was run after the last change."""
    assert (ROOT / name).read_bytes() == content, "run `make openapi`"
    assert len(content) < KEPT_KIB * 1024


async def test_running_services_describe_the_same(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    """The merged descriptions of the processes are what the gateway serves."""
    said = {}
    for name in openapi.SERVICES:
        address = stack.file.services[name].internal_url.rstrip("/")
        async with http.get(f"{address}/internal/openapi.json") as response:
            said[name] = await response.json()
    gateway = stack.file.gateway.rstrip("/")
    for name, document in openapi.split(openapi.merge(said)).items():
        async with http.get(f"{gateway}/{name}") as response:
            assert await response.json() == json.loads(json.dumps(document))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_description_is_openapi(name: str) -> None:
    """Valid by the specification's own schema, references and examples' types included."""
    problems = [str(error) for error in OpenAPIV31SpecValidator(DOCUMENTS[name]).iter_errors()]
    assert problems == []


def test_a_new_resource_that_can_be_read_has_its_address() -> None:
    """A 201 below which a GET reads one has `Location`, as has a booking by its invitee."""
    paths = OPENAPI["paths"]
    made = {
        path: operations["post"]["responses"]["201"]["headers"]
        for path, operations in paths.items()
        if "201" in operations.get("post", {}).get("responses", {})
    }
    readable = {path for path in made if "get" in paths.get(f"{path}/{{id}}", {})}
    located = {path for path, headers in made.items() if "Location" in headers}
    assert located == readable | {"/api/bookings"}


def test_what_is_read_by_id_can_be_read_conditionally() -> None:
    """Single resources and lists of event types have an ETag and 304."""
    tagged = {
        path
        for path, operations in OPENAPI["paths"].items()
        if "304" in operations.get("get", {}).get("responses", {})
        and "ETag" in operations["get"]["responses"]["200"]["headers"]
    }
    by_id = {path for path in OPENAPI["paths"] if path.endswith(("id}", "/me"))}
    readable = {path for path in by_id if "get" in OPENAPI["paths"][path]}
    lists = {"/api/v1/event-types", "/dashboard/api/event-types"}
    assert tagged >= readable | lists


def test_only_harmless_answers_are_compressed() -> None:
    """An answer with a stranger's text beside anything confidential must not be (BREACH)."""
    compressed = {
        f"{route.method} {route.path}"
        for service in openapi.SERVICES.values()
        for route in service.routes
        if route.operation is not None
        and route.operation.compressible
        and CallerKind.SESSION not in route.caller_kinds
    }
    assert compressed == {
        "GET /api/public/bookings/{token}/slots",
        "GET /api/public/{username}",
        "GET /api/public/{username}/{slug}",
        "GET /api/public/{username}/{slug}/slots",
        "GET /api/v1/availability/{slug}",
        "GET /api/v1/event-types",
        "GET /api/v1/event-types/{id}",
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_names_of_operations_are_unique(name: str) -> None:
    """They become method names of generated clients, in camelCase."""
    names = [operation["operationId"] for operation in operations_of(DOCUMENTS[name])]
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z]+(?:[A-Z][a-z]+)+", one) for one in names)


def test_each_operation_is_in_one_document() -> None:
    """Clients with a key do not read the dashboard's, nor their schemas."""
    api, dashboard = DOCUMENTS["openapi.json"], DOCUMENTS["openapi-dashboard.json"]
    assert set(api["paths"]) | set(dashboard["paths"]) == set(OPENAPI["paths"])
    assert all(path.startswith("/dashboard/") for path in dashboard["paths"])
    assert not any(path.startswith("/dashboard/") for path in api["paths"])
    assert "NewEventType" not in api["components"]["schemas"]
    assert set(api["components"]["securitySchemes"]) == {"apiKey"}
    assert set(dashboard["components"]["securitySchemes"]) == {"session", "csrf"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_examples_fit_their_schemas(operation: dict[str, Any]) -> None:
    """Every body and every response with a shape has a valid example."""
    answers = operation["responses"].values()
    contents = [
        content
        for one in answers
        for media_type, content in one.get("content", {}).items()
        if not media_type.startswith("image/")
    ]
    if "requestBody" in operation:
        contents.append(operation["requestBody"]["content"]["application/json"])
    for content in contents:
        schema = content["schema"] | {"components": OPENAPI["components"]}
        checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert list(checker.iter_errors(content["example"])) == []


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_for_the_outside_is_described_by_its_models(route: Route) -> None:
    """An example body passes validation, an example response is what its model serializes."""
    operation = route.operation
    assert operation is not None
    if operation.body is not None:
        operation.body.model_validate(operation.body_example)
    answered = operation.reply or operation.page_of
    if operation.text is not None or operation.file is not None:
        assert answered is None
        return
    assert answered is not None
    assert type(answered).model_validate_json(answered.model_dump_json()) == answered


def test_an_error_is_shown_in_the_words_of_the_product() -> None:
    """Each sentence is that of a refusal or of a status."""
    said = {refusal.sentence for refusal in below(Refusal)} | set(SENTENCES.values())
    # It contains the time at which the next secret ends.
    said.add(
        "Three secrets are valid already; the next one expires at 2026-03-02T14:00:00.000Z. "
        "An overlap of 0 hours ends them now"
    )
    shown = {
        answer["content"]["application/json"]["example"]["error"]
        for parameter in OPERATIONS
        for status, answer in parameter.values[0]["responses"].items()
        if status >= "400" and "content" in answer
    }
    assert len(shown) > len(SENTENCES)
    assert shown <= said


def below(refusal: type[Refusal]) -> set[type[Refusal]]:
    found = set(refusal.__subclasses__())
    return found.union(*(below(one) for one in found))


async def nothing(_request: web.Request) -> web.Response:
    """Stand for a handler in rows of the route table; no request is sent."""
    return web.Response()


@pytest.mark.parametrize("caller_kind", [CallerKind.OPERATOR, CallerKind.SERVICE])
def test_an_internal_route_is_never_forwarded(caller_kind: CallerKind) -> None:
    """Neither when the file is written nor when it is read."""
    with pytest.raises(forwards.NotForwardable):
        forwards.row("scim", get("/api/v1/users", nothing, caller_kind, issuers=["gateway"]))
    with pytest.raises(forwards.NotForwardable):
        forwards.row(
            "scim", get("/api/v1/me", nothing, caller_kind, CallerKind.API_KEY, issuers=["gateway"])
        )
    row = forwards.row("scim", get("/api/v1/me", nothing, CallerKind.API_KEY))
    assert read_forwards(json.dumps([row]).encode())[0].path == "/api/v1/me"
    with pytest.raises(ValueError, match="may not call"):
        read_forwards(json.dumps([row | {"caller_kind": caller_kind}]).encode())


@pytest.mark.parametrize(
    ("caller_kind", "path"),
    [
        (CallerKind.API_KEY, "/internal/users"),
        (CallerKind.API_KEY, "/dashboard/api/me"),
        (CallerKind.SESSION, "/api/v1/me"),
        (CallerKind.PUBLIC, "/api/v1/me"),
        (CallerKind.PUBLIC, "/api/bookingsx"),
        (CallerKind.SCIM_TOKEN, "/api/scim/v20/Users"),
    ],
)
def test_a_caller_kind_opens_its_own_paths_only(caller_kind: CallerKind, path: str) -> None:
    """A misplaced row stops the gateway's start."""
    row = {
        "method": "GET",
        "path": path,
        "service": "scim",
        "caller_kind": caller_kind,
        "seconds": 3.0,
    }
    with pytest.raises(ValueError, match=path):
        read_forwards(json.dumps([row]).encode())


def test_two_services_cannot_describe_one_thing_differently() -> None:
    """A name clash fails `make openapi` instead of hiding one of them."""
    shape: dict[str, Any] = {"paths": {}, "schemas": {"Booking": {"type": "object"}}}
    other: dict[str, Any] = {"paths": {}, "schemas": {"Booking": {"type": "string"}}}
    assert openapi.merge({"one": shape, "two": shape})
    with pytest.raises(openapi.DescriptionsDisagree, match="two: Booking"):
        openapi.merge({"one": shape, "two": other})


def test_the_events_are_asyncapi() -> None:
    """The parts that AsyncAPI 3 requires exist, and every reference resolves."""
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(ASYNCAPI["info"])
    assert set(ASYNCAPI["channels"]) == set(ASYNCAPI["components"]["messages"])
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = _at(operation["channel"]["$ref"])
        carried = [_at(one["$ref"]) for one in operation["messages"]]
        assert carried == list(channel["messages"].values())
        for message in channel["messages"].values():
            assert {"name", "payload", "contentType"} <= set(_at(message["$ref"]))


@pytest.mark.parametrize("key", ASYNCAPI["channels"])
def test_samples_fit_the_events(key: str) -> None:
    """Published events match the schema exactly."""
    message = ASYNCAPI["components"]["messages"][key]
    schema = message["payload"] | {
        "additionalProperties": False,
        "components": ASYNCAPI["components"],
    }
    for example in message["examples"]:
        assert list(Draft202012Validator(schema).iter_errors(example["payload"])) == []


def test_an_example_of_an_event_is_kept() -> None:
    """Also if its event has new fields; the example of a new event follows from the others."""
    kept = examples_in(ASYNCAPI)
    assert all_examples(kept) == kept
    (event,) = (event for event in EVENTS if event.type == "booking.cancelled")
    known = kept.pop(event.routing_key())
    made = all_examples(kept)[event.routing_key()]
    assert made["data"]["booking"] == kept["payment.received.v1"]["data"]["booking"]
    assert made["data"]["cancelledBy"] == "host"
    assert event.from_envelope(made).owner_id == event.from_envelope(known).owner_id


def _at(reference: str) -> Any:
    found: Any = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
