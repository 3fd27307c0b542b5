"""The rules of docs/api.md for lists and slots, against the running services."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.api_page import ENDPOINTS
from tests.browsers import sign_up
from tests.hosts import Answer, Host
from tests.lists import WITH_CURSOR
from tests.shapes import CALL, MESSAGE

MORNINGS = [f"2026-03-0{day}T14:00:00.000Z" for day in (1, 2, 3)]
OUTCOMES = ["COMPLETED", "FAILED", "NO_ANSWER"]
KATHMANDU = ZoneInfo("Asia/Kathmandu")

LISTS = [path for _method, path, _success, answer in ENDPOINTS if answer.startswith("list of ")]
NEWEST_FIRST = {
    "/api/v1/bookings": "startTime",
    "/api/v1/contacts": "createdAt",
    "/api/v1/conversations": "lastMessageAt",
    "/api/v1/calls": "startedAt",
}
OLDEST_FIRST = {
    "/api/v1/event-types": "createdAt",
    "/api/v1/schedules": "name",  # after the default one, "Working hours"
    "/api/v1/time-off": "from",
}
NEVER_EMPTY = {"/api/v1/event-types", "/api/v1/schedules"}
BOUNDED = ["/api/v1/bookings", "/api/v1/conversations", "/api/v1/calls"]
MOST = {"/api/v1/conversations": 50, "/api/v1/calls": 50}


@dataclass
class Filled:
    """A host whose every list has three entries or more; `starts` are those of the bookings."""

    host: Host
    starts: list[str]

    async def found(self, path: str, **query: str) -> list[dict[str, Any]]:
        answer = await ask(self.host, path, **query)
        assert answer.status == 200, answer
        data: list[dict[str, Any]] = answer.body["data"]
        return data


async def ask(host: Host, path: str, **query: str) -> Answer:
    words = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
    return await host.call("GET", f"{path}?{words}")


@pytest.fixture(scope="module")
async def filled(stack: Stack, http: aiohttp.ClientSession) -> Filled:
    host, browser = await sign_up(stack, http)
    free = await host.slots()
    # One on each of three days; created neither in ascending nor in descending order.
    starts = [next(start for start in free if start[:10] == day) for day in days(free)]
    booked = [await host.book(starts[number]) for number in (1, 0, 2)]
    cancelled = f"/api/v1/bookings/{booked[0].body['bookingId']}/cancel"
    assert (await host.call("POST", cancelled)).status == 200
    for number in (1, 0, 2):
        await host.add_event_type()
        schedule = {"name": f"Z{number}", "timezone": "UTC", "weekly": {}}
        assert (await browser.call("POST", "/dashboard/api/schedules", schedule)).status == 201
        day = MORNINGS[number][:10]
        off = {"from": day, "to": day, "name": "Off"}
        added = await browser.call("POST", "/dashboard/api/time-off", off)
        assert added.status == 201, added
        message = {"externalMessageId": uuid4().hex, "sentAt": MORNINGS[number]}
        message["contactPhone"] = f"+491511234567{number}"
        call = {"externalCallId": uuid4().hex, "startedAt": MORNINGS[number]}
        call["status"] = OUTCOMES[number]
        for path, body in (("messages", MESSAGE | message), ("calls", CALL | call)):
            assert (await host.call("POST", f"/api/ingest/{path}", body)).status == 201
            assert (await host.call("POST", f"/api/ingest/{path}", body)).status == 200

    async def contacts() -> bool:
        return len((await host.call("GET", "/api/v1/contacts")).body["data"]) == len(starts)

    await eventually(contacts, what="the contacts of the bookings")
    return Filled(host, starts)


def days(free: list[str]) -> list[str]:
    return sorted({start[:10] for start in free})[:3]


@pytest.mark.parametrize("path", LISTS)
async def test_the_order_of_a_list(filled: Filled, path: str) -> None:
    """As the page says, for any order of creation."""
    data = await filled.found(path)
    assert len(data) >= 3
    name = (NEWEST_FIRST | OLDEST_FIRST)[path]
    expected = [one[name] for one in data]
    assert expected == sorted(expected, reverse=path in NEWEST_FIRST)
    assert len(set(expected)) == len(expected)


@pytest.mark.parametrize("path", LISTS)
async def test_pages_hold_every_entry_once(filled: Filled, path: str) -> None:
    """The pages together are the list; past its end is an empty 200 that keeps the total."""
    whole = await filled.found(path)
    ones: list[dict[str, Any]] = []
    for page in range(1, len(whole) + 2):
        body = (await ask(filled.host, path, page=str(page), limit="1")).body
        ones += body["data"]
        if path in WITH_CURSOR:
            is_last = page >= len(whole)
            assert (body["pagination"].pop("nextCursor") is None) == is_last
        assert body["pagination"] == {
            "page": page,
            "limit": 1,
            "total": len(whole),
            "totalPages": len(whole),
        }
    assert ones == whole


@pytest.mark.parametrize("path", sorted(WITH_CURSOR))
async def test_cursors_and_orders_hold_every_entry_once(filled: Filled, path: str) -> None:
    """Read through the gateway with `nextCursor`, in both orders."""
    whole = await filled.found(path)
    for order, expected in (("desc", whole), ("asc", whole[::-1])):
        ones: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            body = (await ask(filled.host, path, order=order, limit="1", **more)).body
            ones += body["data"]
            if body["pagination"]["nextCursor"] is None:
                break
            more = {"cursor": body["pagination"]["nextCursor"]}
        assert ones == expected


async def test_filters_of_bookings(filled: Filled) -> None:
    """By contact, invitee, event type and change, with the contacts service's own ids."""
    whole = await filled.found("/api/v1/bookings")
    contacts = await filled.found("/api/v1/contacts")
    for contact in contacts:
        expected = [one for one in whole if one["inviteeEmail"] == contact["email"]]
        assert await filled.found("/api/v1/bookings", contactId=contact["id"]) == expected
        email = contact["email"].upper().replace("@", "%40")
        assert await filled.found("/api/v1/bookings", inviteeEmail=email) == expected
    newest = max(whole, key=lambda one: one["updatedAt"])
    changed = await filled.found("/api/v1/bookings", updatedSince=newest["updatedAt"])
    assert newest in changed
    event_type = whole[0]["eventType"]["id"]
    assert await filled.found("/api/v1/bookings", eventTypeId=event_type) == [
        one for one in whole if one["eventType"]["id"] == event_type
    ]


@pytest.mark.parametrize("path", [path for path in LISTS if path not in NEVER_EMPTY])
async def test_an_empty_list_has_no_page(host: Host, path: str) -> None:
    """200 for a new user, with the defaults shown."""
    answer = await ask(host, path)
    pagination: dict[str, Any] = {"page": 1, "limit": 20, "total": 0, "totalPages": 0}
    pagination |= {"nextCursor": None} if path in WITH_CURSOR else {}
    assert (answer.status, answer.body) == (200, {"data": [], "pagination": pagination})


@pytest.mark.parametrize("path", LISTS)
async def test_invalid_paging_is_named(host: Host, path: str) -> None:
    """The maximum is allowed, one more is not, nor is text; unknown parameters are ignored."""
    most = MOST.get(path, 100)
    assert (await ask(host, path, limit=str(most), colour="red")).status == 200
    for name, values in (("page", ("0", "-1", "abc", "1.5")), ("limit", ("0", "abc", most + 1))):
        for value in values:
            answer = await ask(host, path, **{name: str(value)})
            assert answer.status == 400, (name, value)
            assert set(answer.body["details"]) == {name}


@pytest.mark.parametrize("path", BOUNDED)
async def test_from_and_to(filled: Filled, path: str) -> None:
    """`from` is inclusive; `to` is exclusive as an instant, and a whole UTC day as a date."""
    name = NEWEST_FIRST[path]
    old, middle, new = filled.starts if path == "/api/v1/bookings" else MORNINGS
    day = middle[:10]

    async def between(**query: str) -> list[str]:
        return [one[name] for one in await filled.found(path, **query)]

    assert await between(from_=middle) == [new, middle]
    assert await between(to=middle) == [old]
    assert await between(from_=day, to=day) == [middle]
    assert await between(from_=middle, to=middle) == []
    backwards = await ask(filled.host, path, from_=new, to=old)
    assert (backwards.status, set(backwards.body["details"])) == (400, {"from"})
    naive = await ask(filled.host, path, to=middle.removesuffix("Z"))
    assert (naive.status, set(naive.body["details"])) == (400, {"to"})


@pytest.mark.parametrize(
    ("path", "written", "expected"),
    [
        ("/api/v1/bookings", "confirmed", ["CONFIRMED", "CONFIRMED"]),
        ("/api/v1/bookings", "Cancelled", ["CANCELLED"]),
        ("/api/v1/bookings", "ALL", ["CONFIRMED", "CANCELLED", "CONFIRMED"]),
        ("/api/v1/calls", "completed", ["completed"]),
        ("/api/v1/calls", "FAILED", ["failed"]),
        ("/api/v1/calls", "No_Answer", ["no_answer"]),
        ("/api/v1/calls", "All", ["no_answer", "failed", "completed"]),
    ],
)
async def test_a_status_in_any_letter_case(
    filled: Filled, path: str, written: str, expected: list[str]
) -> None:
    """The result is the same, and the response has the canonical form."""
    assert [one["status"] for one in await filled.found(path, status=written)] == expected
    wrong = await ask(filled.host, path, status=f"{written}x")
    assert (wrong.status, set(wrong.body["details"])) == (400, {"status"})


@pytest.mark.parametrize("plus", [" ", "+", "%20", "%2B"])
async def test_a_blank_is_the_plus_of_a_phone_number(filled: Filled, plus: str) -> None:
    """Only that number's thread is found, however it is encoded."""
    found = await filled.found("/api/v1/conversations", phone=f"{plus}4915112345671")
    assert [one["contactPhone"] for one in found] == ["+4915112345671"]


async def slots(host: Host, **query: str) -> Answer:
    return await ask(host, f"/api/v1/availability/{host.event_type}", **query)


async def test_slots_are_in_the_requested_zone(host: Host) -> None:
    """`date` and `time` are local to it, both dates are inclusive, an instant means its date."""
    first = datetime.now(KATHMANDU).date() + timedelta(days=1)
    instant = datetime(first.year, first.month, first.day, tzinfo=KATHMANDU).astimezone(UTC)
    assert instant.date() < first
    answer = await slots(
        host,
        timezone="Asia/Kathmandu",
        startDate=instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
        endDate=str(first + timedelta(days=1)),
    )
    assert answer.body["timezone"] == "Asia/Kathmandu"
    assert {one["date"] for one in answer.body["data"]} == {
        str(first),
        str(first + timedelta(days=1)),
    }
    for one in answer.body["data"]:
        local = datetime.fromisoformat(one["startTime"]).astimezone(KATHMANDU)
        assert (one["date"], one["time"]) == (str(local.date()), f"{local:%H:%M}")
    expected = [(one["date"], one["time"]) for one in answer.body["data"]]
    assert expected == sorted(expected)


async def test_slots_cover_a_week_by_default_and_two_months_at_most(host: Host) -> None:
    """The end is seven days after the start; 62 dates are allowed and 63 are not."""
    start = datetime.now(UTC).date() + timedelta(days=1)

    async def upto(end: date) -> Answer:
        return await slots(host, timezone="UTC", startDate=str(start), endDate=str(end))

    unless_told = await slots(host, timezone="UTC", startDate=str(start))
    assert max(one["date"] for one in unless_told.body["data"]) == str(start + timedelta(days=7))
    assert (await upto(start + timedelta(days=61))).status == 200
    for wrong in (start + timedelta(days=62), start - timedelta(days=1)):
        answer = await upto(wrong)
        assert (answer.status, set(answer.body["details"])) == (400, {"endDate"})
