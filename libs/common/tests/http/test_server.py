"""Common behaviour of every service's HTTP server, tested with a minimal service."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any
from uuid import uuid4

import pytest
from aiohttp import web
from pydantic import Field

from linktime_common.contracts.wire import Instant
from linktime_common.errors import Refusal, Unavailable
from linktime_common.http import auth, bodies
from linktime_common.http.fields import EmailAddress, Phone, QueryModel, RequestModel, TimezoneName
from linktime_common.http.models import Done, Paging
from linktime_common.http.paths import path_id
from linktime_common.http.routes import get, post
from linktime_common.identity import CallerKind
from linktime_common.json_input import TOO_DEEP
from linktime_common.process import Parts, ProcessRole, Service
from linktime_common.settings import ServiceSettings
from linktime_local.testing.services import UNUSED, Running, running


class ThingNotFound(Refusal):
    """Thing not found."""


class Kind(StrEnum):
    PLAIN = "plain"


class Inner(RequestModel):
    value: str


class Thing(RequestModel):
    name: Annotated[str, Field(min_length=2, max_length=5)]
    starts_at: Instant | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None
    timezone: TimezoneName | None = None
    inner: list[Inner] = Field(default_factory=list)
    kind: Kind | None = None


class Optional(RequestModel):
    reason: str | None = None


class Search(Paging, QueryModel):
    search: str | None = None


async def post_thing(request: web.Request) -> web.Response:
    thing = await bodies.read(request, Thing)
    return bodies.reply_json(thing.model_dump(mode="json", by_alias=True), status=201)


async def post_optional(request: web.Request) -> web.Response:
    await bodies.read(request, Optional)
    return bodies.reply(Done())


async def get_thing(request: web.Request) -> web.Response:
    thing_id = path_id(request, "id", otherwise=ThingNotFound)
    return bodies.reply_json({"id": str(thing_id), "user": str(auth.user_id(request))})


async def list_things(request: web.Request) -> web.Response:
    query = bodies.read_query(request, Search)
    return bodies.reply_list([], page=query.page, limit=query.limit, total=41)


async def get_rest(request: web.Request) -> web.Response:
    return bodies.reply_json(
        {"rest": request.match_info["rest"], "caller_kind": auth.caller(request).caller_kind}
    )


async def fail(_request: web.Request) -> web.Response:
    raise RuntimeError("a secret detail")


async def fail_to_reply(_request: web.Request) -> web.Response:
    return bodies.reply(Done.model_validate({"success": "a stored value of another kind"}))


async def be_unavailable(_request: web.Request) -> web.Response:
    raise Unavailable("the other service at 10.0.0.1 is unavailable")


@contextlib.asynccontextmanager
async def assemble(_settings: ServiceSettings, _role: ProcessRole) -> AsyncIterator[Parts]:
    async def ready() -> bool:
        return True

    async def broken() -> bool:
        raise RuntimeError

    async def stuck() -> bool:
        await asyncio.sleep(60)
        return True

    yield Parts(
        public_routes=[
            post("/things", post_thing, CallerKind.API_KEY),
            post("/optional", post_optional, CallerKind.API_KEY),
            get("/things", list_things, CallerKind.API_KEY),
            get("/things/{id}", get_thing, CallerKind.API_KEY),
            get("/rest/{rest:.*}", get_rest, CallerKind.API_KEY),
            get("/fail", fail, CallerKind.API_KEY),
            get("/unavailable", be_unavailable, CallerKind.API_KEY),
            get("/unfit", fail_to_reply, CallerKind.API_KEY),
        ],
        internal_routes=[
            get("/internal/x", list_things, CallerKind.SERVICE, issuers=["bookings"]),
            get(
                "/internal/hosts/{host_id}/things/{id}",
                get_thing,
                CallerKind.OPERATOR,
                CallerKind.API_KEY,
            ),
        ],
        statuses={ThingNotFound: 404},
        ready={"good": ready, "broken": broken, "stuck": stuck},
    )


THINGS = Service("things", ServiceSettings, (), assemble)


@pytest.fixture(scope="module")
async def things() -> AsyncIterator[Running]:
    async with running(THINGS, **UNUSED) as service:
        yield service


async def send(
    things: Running,
    method: str,
    path: str,
    *,
    caller_kind: CallerKind = CallerKind.API_KEY,
    **options: Any,
) -> tuple[int, Any]:
    headers = things.identity(caller_kind, subject=uuid4()) | options.pop("headers", {})
    async with things.session.request(
        method, things.url + path, headers=headers, **options
    ) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "name", "This field is required"),
        ({"name": "x"}, "name", "Must have at least 2 characters"),
        ({"name": "toolong"}, "name", "Must have at most 5 characters"),
        ({"name": 5}, "name", "Expected a text"),
        ({"name": None}, "name", "Expected a text"),
        ({"name": "good", "colour": 1}, "colour", "Unknown field"),
        ({"name": "good", "starts_at": None}, "starts_at", "Unknown field"),
        ({"name": "good", "startsAt": "2026-03-01T14:00:00"}, "startsAt", "offset"),
        ({"name": "good", "startsAt": 1_800_000_000}, "startsAt", "ISO 8601"),
        ({"name": "good", "startsAt": "1800000000"}, "startsAt", "ISO 8601"),
        ({"name": "good", "startsAt": "2026-02-30T14:00:00Z"}, "startsAt", "No such date"),
        ({"name": "good", "startsAt": "0001-01-01T00:00:00+10:00"}, "startsAt", "out of range"),
        ({"name": "good", "email": "nobody"}, "email", "Invalid email format"),
        ({"name": "good", "email": "a@b\x00.de"}, "email", "one line"),
        ({"name": "good", "email": "a" * 300 + "@example.com"}, "email", "Invalid email format"),
        ({"name": "good", "email": "a" * 65 + "@example.com"}, "email", "Invalid email format"),
        ({"name": "good", "phone": "030 123"}, "phone", "phone number"),
        ({"name": "good", "timezone": "Mars/Base"}, "timezone", "Unknown time zone"),
        ({"name": "good", "timezone": "../../etc/passwd"}, "timezone", "Unknown time zone"),
        ({"name": "good", "inner": [{"value": "a"}, {"value": 1}]}, "inner.1.value", "text"),
        ([], "body", "Expected an object"),
        ("text", "body", "Expected an object"),
    ],
)
async def test_a_wrong_body_names_the_field(
    things: Running, body: Any, field: str, sentence: str
) -> None:
    """400 in the error format, each field with a sentence."""
    status, answer = await send(things, "POST", "/things", json=body)
    assert status == 400
    assert answer["error"] == "Invalid request data"
    assert sentence in answer["details"][field]


async def test_a_good_body_is_read_in_any_offset_and_written_in_utc(things: Running) -> None:
    """Instants are returned as UTC with milliseconds and Z."""
    status, answer = await send(
        things,
        "POST",
        "/things",
        json={"name": "good", "startsAt": "2026-03-01T15:00:00.1234+01:00"},
    )
    assert (status, answer["startsAt"]) == (201, "2026-03-01T14:00:00.123Z")


@pytest.mark.parametrize(
    ("raw", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name":"good"}', "text/plain", 415),
        (b'{"name":"good"}', "application/x-www-form-urlencoded", 415),
        (b'{"name":"good"}', "application/merge-patch+json", 201),
        (b" " * (1024 * 1024 + 1), "application/json", 413),
    ],
)
async def test_raw_bodies(things: Running, raw: bytes, media_type: str, status: int) -> None:
    """Malformed JSON, other media types and large bodies have different errors."""
    found, answer = await send(
        things, "POST", "/things", data=io.BytesIO(raw), headers={"Content-Type": media_type}
    )
    assert found == status
    assert status == 201 or answer["error"]


@pytest.mark.parametrize("depth", [33, 300, 1_000, 1_100, 100_000])
@pytest.mark.parametrize("field", ["name", "startsAt", "email", "timezone", "kind", "unknown"])
async def test_deep_bodies(things: Running, field: str, depth: int) -> None:
    """Refused with the reason, before field validators run."""
    raw = f'{{"name":"good","{field}":'.encode() + b"[" * depth + b"]" * depth + b"}"
    status, answer = await send(
        things, "POST", "/things", data=raw, headers={"Content-Type": "application/json"}
    )
    assert (status, answer) == (400, {"error": TOO_DEEP, "code": "malformed_body"})


async def test_an_empty_body_is_an_empty_object(things: Running) -> None:
    """`curl -X POST …/cancel` works if all fields are optional."""
    assert await send(things, "POST", "/optional") == (200, {"success": True})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("page=1_0", "page"),
        ("page=%2B1", "page"),
        ("limit=1.0", "limit"),
        ("limit=+1", "limit"),
    ],
)
async def test_paging_out_of_range(things: Running, query: str, field: str) -> None:
    """400 with the parameter named."""
    status, answer = await send(things, "GET", f"/things?{query}")
    assert (status, list(answer["details"])) == (400, [field])


async def test_a_list_counts_its_pages(things: Running) -> None:
    """Unknown parameters are ignored; a page past the end is empty."""
    status, answer = await send(things, "GET", "/things?page=99999999999999999999&colour=red")
    assert status == 200
    assert answer["pagination"]["totalPages"] == 3
    assert bodies.offset(99999999999999999999, 20) <= 2**62


@pytest.mark.parametrize("bad", ["1", "x" * 4_000, "%00", "0" * 32])
async def test_a_malformed_id_is_not_found(things: Running, bad: str) -> None:
    """Malformed and unknown ids get the same response."""
    status, answer = await send(things, "GET", f"/things/{bad}")
    assert (status, answer) == (404, {"error": "Thing not found", "code": "thing_not_found"})


async def test_unknown_paths_and_methods(things: Running) -> None:
    """404 and 405 in the error format, 405 with Allow."""
    assert await send(things, "GET", "/nothing") == (
        404,
        {"error": "Not found", "code": "not_found"},
    )
    async with things.session.delete(things.url + "/things") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET,HEAD,POST")
        assert await response.json() == {
            "error": "Method not allowed",
            "code": "method_not_allowed",
        }


async def test_a_server_error_has_no_detail(things: Running) -> None:
    """500 without the detail, 503 with Retry-After."""
    status, answer = await send(things, "GET", "/fail")
    assert (status, answer) == (
        500,
        {"error": "Something went wrong on our side", "code": "internal_error"},
    )
    headers = things.identity(CallerKind.API_KEY, subject=uuid4())
    async with things.session.get(things.url + "/unavailable", headers=headers) as response:
        assert (response.status, int(response.headers["Retry-After"]) in range(1, 5)) == (503, True)
        assert "10.0.0.1" not in await response.text()


async def test_a_reply_that_does_not_fit_its_own_shape_is_our_fault(
    things: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """500 and an error line without the value; 400 is only for invalid requests."""
    status, answer = await send(things, "GET", "/unfit")
    assert (status, answer) == (
        500,
        {"error": "Something went wrong on our side", "code": "internal_error"},
    )
    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "unexpected error" in line


@pytest.mark.parametrize(
    "caller_kind",
    [CallerKind.PUBLIC, CallerKind.SESSION, CallerKind.SCIM_TOKEN, CallerKind.OPERATOR],
)
async def test_the_wrong_caller_kind_is_refused(things: Running, caller_kind: CallerKind) -> None:
    """503: a refused internal identity is our own fault, never the caller's 401."""
    status, _answer = await send(things, "GET", "/things", caller_kind=caller_kind)
    assert status == 503


async def test_a_path_that_holds_the_rest_declares_caller_kinds_too(things: Running) -> None:
    """aiohttp spells such a path differently when it matches; its caller kinds still apply."""
    found = await send(things, "GET", "/rest/of/it")
    assert found == (200, {"rest": "of/it", "caller_kind": "api_key"})
    assert (await send(things, "GET", "/rest/of/it", caller_kind=CallerKind.SESSION))[0] == 503


async def test_no_identity_and_the_wrong_service_are_refused(things: Running) -> None:
    """Internal ports require an identity, and services reach only their own routes."""
    async with things.session.get(things.url + "/things") as response:
        assert response.status == 503
    for issuer, status in [("bookings", 200), ("availability", 503)]:
        headers = things.identity(CallerKind.SERVICE, issuer=issuer)
        async with things.session.get(things.internal_url + "/internal/x", headers=headers) as got:
            assert got.status == status
    async with things.session.get(things.url + "/internal/x", headers=headers) as response:
        assert response.status == 404


async def test_request_ids(things: Running) -> None:
    """A valid id is returned, another is replaced."""
    for sent, kept in [("abc-123", True), ("x" * 200, False), ("a b", False)]:
        async with things.session.get(
            things.url + "/nothing", headers={"X-Request-Id": sent}
        ) as response:
            assert (response.headers["X-Request-Id"] == sent) is kept
            assert "Server" not in response.headers


async def test_readiness_names_failing_checks(things: Running) -> None:
    """A check that fails or hangs makes the process not ready; it stays alive."""
    async with things.session.get(things.internal_url + "/readyz") as response:
        assert response.status == 503
        body = await response.json()
    assert body["status"] == "not ready"
    assert body["checks"] == {"good": True, "broken": False, "stuck": False}
    assert set(body["since"]) == {"broken", "stuck"}
    async with things.session.get(things.internal_url + "/healthz") as response:
        assert json.loads(await response.text()) == {"status": "alive"}
    async with things.session.get(things.internal_url + "/metrics") as response:
        lines = (await response.text()).splitlines()
    assert 'linktime_ready{check="good"} 1.0' in lines
    assert 'linktime_ready{check="broken"} 0.0' in lines


async def test_metrics_have_no_labels_of_callers(things: Running) -> None:
    """An unknown path is no label; errors are counted by their code."""
    async with things.session.get(things.url + "/secret-path") as response:
        assert response.status == 404
    async with things.session.get(things.internal_url + "/metrics") as response:
        text = await response.text()
    assert "linktime_http_request_seconds" in text
    assert 'linktime_http_errors_total{code="not_found"}' in text.lower()
    assert "secret" not in text.lower()


def test_a_route_without_a_caller_kind_stops_the_start() -> None:
    """A missing caller kind must not open a route to everybody."""
    with pytest.raises(ValueError, match="no caller kind"):
        get("/open", fail)
    with pytest.raises(ValueError, match="names none"):
        get("/open", fail, CallerKind.SERVICE)


async def test_the_operator_acts_for_the_host_in_the_path(things: Running) -> None:
    """Nobody else does: a user's request is the user's own, whatever the path names."""
    host, user, thing = uuid4(), uuid4(), uuid4()
    operator = things.identity(CallerKind.OPERATOR, issuer="operator")
    key = things.identity(CallerKind.API_KEY, subject=user)
    path = f"{things.internal_url}/internal/hosts/{host}/things/{thing}"
    for headers, acted_for in ((operator, host), (key, user)):
        async with things.session.get(path, headers=headers) as response:
            assert await response.json() == {"id": str(thing), "user": str(acted_for)}
    wrong = f"{things.internal_url}/internal/hosts/me/things/{thing}"
    async with things.session.get(wrong, headers=operator) as response:
        assert response.status == 400
        assert (await response.json())["details"] == {"hostId": "Not an id"}
