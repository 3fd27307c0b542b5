"""docs/api.md for invitees and webhook subscribers, against the running services."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.api_page import EVENTS, WITHOUT_KEY, fields
from tests.hosts import Answer, Host, make_host
from tests.receiver import Receiver
from tests.shapes import check

AROUND = {"host", "manageUrl", "contact"}
# Fields of an event's data besides those of its shape.
BESIDE = {
    "booking.created": AROUND,
    "booking.cancelled": AROUND | {"cancelledBy", "reason"},
    "booking.rescheduled": AROUND
    | {
        "previousStartTime",
        "previousEndTime",
        "rescheduledBy",
        "reason",
    },
    "contact.created": {"source"},
}
# Published by no booking.
MERGED = "contact.merged"
BESIDE_A_MERGED_CONTACT = {"mergedContactId", "otherEmails", "otherPhones"}
# Never published: no event type can have a price.
NOT_YET = {"payment.received"}


async def call(host: Host, method: str, path: str, body: Any = None) -> Answer:
    """Send a request without a key."""
    url = host.stack.file.gateway + path
    async with host.http.request(method, url, json=body) as response:
        return Answer(response.status, await response.json(), dict(response.headers))


def check_with(shape: str, value: dict[str, Any], more: set[str]) -> None:
    """Check that `value` has the shape, with `more` fields besides."""
    assert set(value) == fields(shape) | more
    check(shape, {name: one for name, one in value.items() if name not in more})


async def wanted(host: Host, start: str) -> dict[str, str]:
    listed = await host.call("GET", "/api/v1/event-types")
    return {
        "eventTypeId": listed.body["data"][0]["id"],
        "startTime": start,
        "inviteeName": "Zoë Invitee",
        "inviteeEmail": f"{uuid4().hex}@example.com",
        "inviteeTimezone": "Europe/Berlin",
    }


async def test_every_endpoint_without_a_key(host: Host) -> None:
    """In the order of a booking page and its invitee; no key is required."""
    start, later, *_others = await host.slots()
    booked = await call(host, "POST", "/api/bookings", await wanted(host, start))
    link = urlsplit(booked.body["manageUrl"])
    token = link.path.removeprefix("/manage/")
    assert f"{link.scheme}://{link.netloc}" == host.stack.file.gateway.rstrip("/")
    # Feed and logo are no JSON; test_calendar_feeds.py and test_brands.py read them.
    asked = [row for row in WITHOUT_KEY if not row[1].endswith((".ics", ".webp"))]
    for method, path, answer in sorted(asked, key=lambda row: row[1].endswith("/cancel")):
        url = path.replace("{username}", host.username).replace("{slug}", host.event_type)
        url = url.replace("{token}", token) + ("?timezone=UTC" if answer == "slots" else "")
        body = _body(path, later)
        got = booked if path == "/api/bookings" else await call(host, method, url, body)
        assert got.status == (201 if answer.startswith("201 ") else 200), (path, got)
        if "{" in answer:
            assert set(got.body) == set(answer.removeprefix("201 ").strip("{}").split(", "))
        elif answer == "slots":
            check("slots", got.body)
        else:
            check_with("booking", got.body, {"host", "changeableUntil", "reminders"})
            assert set(got.body["host"]) == {"name", "username"}
            assert set(got.body["reminders"]) == {"wanted"}


def _body(path: str, start: str) -> dict[str, object] | None:
    """Return what the writes with an invitee's link need."""
    if path.endswith("/reschedule"):
        return {"newStartTime": start}
    return {"wanted": False} if path.endswith("/reminders") else None


@pytest.mark.parametrize("path", [path for _method, path, _answer in WITHOUT_KEY if "{" in path])
async def test_unknown_things_without_a_key_are_404(host: Host, path: str) -> None:
    """404 for an unknown host, an unknown event type of a known one, and an invalid token."""
    method = next(method for method, one, _answer in WITHOUT_KEY if one == path)
    query = "?timezone=UTC" if path.endswith("/slots") else ""
    body = _body(path, "2030-01-01T00:00:00Z")
    nobodys = path.replace("{username}", "nobody").replace("{slug}", host.event_type)
    unknown = path.replace("{username}", host.username).replace("{slug}", "nothing")
    for url in {nobodys, unknown} if "{slug}" in path else {nobodys}:
        answer = await call(host, method, url.replace("{token}", "x.y") + query, body)
        assert (answer.status, set(answer.body)) == (404, {"error", "code"}), url


async def test_a_merge_has_its_data(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """The contact after the merge, and what is kept of the other one."""
    host = await make_host(stack, http)
    await host.subscribe(receiver.url, MERGED)
    kept, merged = [
        (await host.call("POST", "/api/v1/contacts", {"name": name, "email": email})).body["id"]
        for name, email in (("Ann", "ann@example.com"), ("Lee", "lee@example.com"))
    ]
    path = f"/api/v1/contacts/{kept}/merge"
    assert (await host.call("POST", path, {"contactId": merged})).status == 200
    await eventually(lambda: len(receiver.read()) == 1, what="the event of the merge")
    (event,) = receiver.read(MERGED)
    check_with("contact", event["data"], BESIDE_A_MERGED_CONTACT)
    assert event["data"]["mergedContactId"] == merged


async def test_every_event_has_its_data(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """The API's shape, with the page's additional fields; each is delivered once."""
    host = await make_host(stack, http)
    await host.subscribe(receiver.url, *BESIDE)
    first, second, *_others = await host.slots()
    booking = f"/api/v1/bookings/{(await host.book(first)).body['bookingId']}"
    await host.call("POST", f"{booking}/reschedule", {"newStartTime": second})
    await host.call("POST", f"{booking}/cancel", {"reason": "ill"})
    await eventually(lambda: len(receiver.read()) == len(BESIDE), what="one of each")
    assert set(BESIDE) | NOT_YET | {MERGED} == set(EVENTS)
    for name, more in BESIDE.items():
        (event,) = receiver.read(name)
        assert set(event) == {"type", "timestamp", "data"}
        check_with(name.split(".")[0], event["data"], more)
        if "host" in more:
            names = {"id", "name", "email", "username", "timezone"}
            assert set(event["data"]["host"]) == names
            assert "/manage/" in event["data"]["manageUrl"]
