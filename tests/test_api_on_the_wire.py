"""docs/api.md against the running services: every endpoint, shape and error."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from linktime_common.contracts.error_codes import ErrorCode
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.api_page import ENDPOINTS, ERRORS, SHAPES, WITHIN
from tests.browsers import Browser, sign_up
from tests.hosts import Answer, Host
from tests.lists import WITH_CURSOR
from tests.shapes import CALL, MESSAGE, check

FILE = "CSV"  # the answer of the only route that returns no JSON


@dataclass
class Furnished:
    """A host with one of everything, and the ids for paths."""

    host: Host
    browser: Browser
    ids: dict[str, str]
    free: list[str]


@pytest.fixture(scope="module")
async def furnished(stack: Stack, http: aiohttp.ClientSession) -> Furnished:
    host, browser = await sign_up(stack, http)
    free = await host.slots()
    booked = await host.book(free.pop())
    assert booked.status == 201, booked
    types = (await host.call("GET", "/api/v1/event-types")).body["data"]
    schedules = (await host.call("GET", "/api/v1/schedules")).body["data"]
    ids = {"bookings": booked.body["bookingId"], "event-types": types[0]["id"]}
    ids["schedules"] = schedules[0]["id"]
    for path, body in (
        ("messages", MESSAGE | {"externalMessageId": uuid4().hex}),
        ("calls", CALL | {"externalCallId": uuid4().hex}),
    ):
        assert (await host.call("POST", f"/api/ingest/{path}", body)).status == 201

    off = {"from": "2030-08-03", "to": "2030-08-14", "name": "Summer"}
    assert (await browser.call("POST", "/dashboard/api/time-off", off)).status == 201

    async def contact() -> str | None:
        booking = await host.call("GET", f"/api/v1/bookings/{ids['bookings']}")
        found: str | None = booking.body["contact"]["id"]
        return found

    ids["contacts"] = str(await eventually(contact, what="the booking's contact"))
    return Furnished(host, browser, ids, free)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (path, answer)
        for method, path, _success, answer in ENDPOINTS
        if method == "GET" and answer != FILE
    ],
)
async def test_responses_have_their_shape(furnished: Furnished, path: str, answer: str) -> None:
    """With data: lists have an entry, and optional nested objects exist."""
    kind = path.split("/")[3]
    url = path.replace("{id}", furnished.ids.get(kind, ""))
    url = url.replace("{slug}", furnished.host.event_type)
    if kind == "availability":
        url += f"?timezone=Asia/Kathmandu&date={furnished.free[0][:10]}"
    got = await furnished.host.call("GET", url)
    assert got.status == 200, got
    if not answer.startswith("list of "):
        check(answer, got.body)
        return
    assert set(got.body) == {"data", "pagination"}
    cursor = {"nextCursor": None} if path in WITH_CURSOR else {}
    pagination = {"page": 1, "limit": 20, "total": 1, "totalPages": 1}
    assert got.body["pagination"] == pagination | cursor
    (one,) = got.body["data"]
    check(answer.removeprefix("list of "), one)


def test_every_shape_is_looked_at() -> None:
    """Each is returned by a GET, or nested in one that is."""
    read = {
        answer.removeprefix("list of ") for method, _, _, answer in ENDPOINTS if method == "GET"
    }
    assert (read - {FILE}) | set(WITHIN) | {"contact import"} == set(SHAPES)


async def test_writes_respond_as_documented(furnished: Furnished) -> None:
    """Every write of the table, in an order that a client could use."""
    host, free = furnished.host, furnished.free
    answers: dict[tuple[str, str], Answer] = {}

    async def call(method: str, path: str, body: Any = None, **ids: str) -> Any:
        url = path
        for name, value in ids.items():
            url = url.replace(f"{{{name}}}", value)
        answers[method, path] = await host.call(method, url, body)
        return answers[method, path].body

    wanted = {
        "eventTypeSlug": host.event_type,
        "startTime": free.pop(),
        "inviteeName": "Ines",
        "inviteeEmail": f"{uuid4().hex}@example.com",
        "inviteeTimezone": "Europe/Berlin",
    }
    booking = (await call("POST", "/api/v1/bookings", wanted))["bookingId"]
    moved = {"newStartTime": free.pop()}
    await call("POST", "/api/v1/bookings/{id}/reschedule", moved, id=booking)
    await call("POST", "/api/v1/bookings/{id}/cancel", id=booking)
    new = {"name": "Noor", "email": f"{uuid4().hex}@example.com"}
    contact = await call("POST", "/api/v1/contacts", new)
    changed = await call("PATCH", "/api/v1/contacts/{id}", {"company": "Acme"}, id=contact["id"])
    read_only = {"id": str(uuid4()), "meetingCount": 99, "lastMeetingAt": moved["newStartTime"]}
    again = await host.call("PUT", f"/api/v1/contacts/{contact['id']}", changed | read_only)
    assert (again.status, again.body) == (200, changed)
    other = await host.call("POST", "/api/v1/contacts", new | {"email": f"{uuid4().hex}@b.example"})
    merged = {"contactId": other.body["id"]}
    await call("POST", "/api/v1/contacts/{id}/merge", merged, id=contact["id"])
    await call("POST", "/api/v1/contacts/import", {"csv": "name,email\nKim,kim@example.com\n"})
    await call("DELETE", "/api/v1/contacts/{id}", id=contact["id"])
    for method, path, success, answer in ENDPOINTS:
        if method == "GET":
            continue
        got = answers.pop((method, path))
        assert str(got.status) == success, (path, got)
        if answer.startswith("{"):
            assert set(got.body) == {answer.strip("{}")}
        else:
            check(answer, got.body)
    assert answers == {}


Provoke = Callable[[Furnished], Awaitable[Answer]]


async def send(furnished: Furnished, body: bytes, kind: str = "application/json") -> Answer:
    host = furnished.host
    async with host.http.post(
        f"{host.stack.file.gateway}/api/v1/contacts",
        data=BytesIO(body),
        headers={"Authorization": f"Bearer {host.key}", "Content-Type": kind},
    ) as response:
        return Answer(response.status, await response.json(), dict(response.headers))


async def without_csrf(furnished: Furnished) -> Answer:
    headers = {"X-CSRF-Token": "none"}
    body = {"name": "Acme"}
    path = "/dashboard/api/organizations"
    return await furnished.browser.call("POST", path, body, headers=headers)


async def without_key(furnished: Furnished) -> Answer:
    return await furnished.host.call("GET", "/api/v1/me", headers={"Authorization": "Bearer x"})


async def taken(furnished: Furnished) -> Answer:
    body = {"name": "Noor", "email": f"{uuid4().hex}@example.com"}
    await furnished.host.call("POST", "/api/v1/contacts", body)
    return await furnished.host.call("POST", "/api/v1/contacts", body)


async def reused(furnished: Furnished) -> Answer:
    headers = {"Idempotency-Key": uuid4().hex}
    for _ in range(2):
        body = {"name": "Noor", "email": f"{uuid4().hex}@example.com"}
        answer = await furnished.host.call("POST", "/api/v1/contacts", body, headers=headers)
    return answer


PROVOKED: dict[str, Provoke] = {
    "400": lambda one: send(one, b"{"),
    "401": without_key,
    "403": without_csrf,
    "404": lambda one: one.host.call("GET", "/api/v1/contacts/1"),
    "405": lambda one: one.host.call("DELETE", "/api/v1/me"),
    "409": taken,
    "413": lambda one: send(one, b" " * (1024 * 1024 + 1)),
    "415": lambda one: send(one, b"name=Noor", "application/x-www-form-urlencoded"),
    "422": reused,
}
# A late body (408) takes 10 s, and limits are tested on separate gateways (services/gateway);
# stopped services are tested in tests/faults, and a 500 in the services' own tests only.
ELSEWHERE = {"408", "429", "500", "503"}


def test_every_error_of_the_page_is_provoked() -> None:
    """A new row needs a request that causes it."""
    assert set(PROVOKED) | ELSEWHERE == set(ERRORS)


@pytest.mark.parametrize("status", PROVOKED)
async def test_an_error_is_in_the_one_shape(furnished: Furnished, status: str) -> None:
    """One sentence, with the headers that the page names, and a request id."""
    answer = await PROVOKED[status](furnished)
    assert str(answer.status) == status
    assert set(answer.body) - {"details"} == {"error", "code"}
    assert answer.body["code"] in list(ErrorCode)
    headers = {name.lower() for name in answer.headers}
    assert {name.lower() for name in re.findall(r"with `?([A-Z][\w-]+)", ERRORS[status])} <= headers
    assert "x-request-id" in headers


INVALID = [
    ("GET", "/availability/{slug}", None, "timezone"),
    ("GET", "/availability/{slug}?timezone=Mars/Olympus", None, "timezone"),
    ("POST", "/contacts", {"name": "Noor", "email": "nowhere"}, "email"),
    ("POST", "/contacts", {"name": "Noor", "email": "n@example.com", "age": 3}, "age"),
    ("POST", "/bookings", {"startTime": "2026-03-01T14:00:00"}, "startTime"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), INVALID)
async def test_the_invalid_field_is_named(
    furnished: Furnished, method: str, path: str, body: Any, field: str
) -> None:
    """400 with the parameter or field, and the same sentence everywhere."""
    url = "/api/v1" + path.replace("{slug}", furnished.host.event_type)
    answer = await furnished.host.call(method, url, body)
    assert answer.status == 400, answer
    assert answer.body["error"] == "Invalid request data"
    assert field in answer.body["details"]


async def test_a_request_id_is_kept_or_made(furnished: Furnished) -> None:
    """The caller's if it is valid, else a new one."""
    host = furnished.host
    for sent, kept in (("order-17", True), ("x" * 500, False)):
        answer = await host.call("GET", "/api/v1/me", headers={"X-Request-Id": sent})
        got = {name.lower(): value for name, value in answer.headers.items()}["x-request-id"]
        assert (got == sent) is kept
