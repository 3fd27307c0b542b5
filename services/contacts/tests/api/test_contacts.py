"""Read contacts with an API key, over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from linktime_common.contracts.events.bookings import BookingState, BookingStatus
from linktime_common.contracts.wire import format_instant
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .calls import Get, Resync

Booking = Callable[..., BookingState]


def names(body: dict[str, Any]) -> list[str]:
    return [contact["name"] for contact in body["data"]]


async def test_contacts_are_listed_newest_first_with_their_figures(
    get: Get, resync: Resync, booking: Booking, now: datetime
) -> None:
    """Only confirmed meetings count; `lastMeetingAt` is the latest that has started."""
    owner_id, real_now = new_id(), datetime.now(UTC).replace(microsecond=0)
    past, future = real_now - timedelta(days=2), real_now + timedelta(days=2)
    gone = {"status": BookingStatus.CANCELLED}
    old = {"invitee_name": "Old", "invitee_email": "old@example.com", "created_at": now}
    new = {
        "invitee_name": "New",
        "invitee_email": "new@example.com",
        "created_at": now + timedelta(hours=1),
    }
    await resync(
        booking(owner_id, start=past, **old),
        booking(owner_id, start=past - timedelta(days=1), **old),
        booking(owner_id, start=past + timedelta(days=1), **old, **gone),
        booking(owner_id, start=future, **old),
        booking(owner_id, start=future, **new, **gone),
    )
    status, body = await get(owner_id, "/contacts")
    assert status == 200
    figures = {"page": 1, "limit": 20, "total": 2, "totalPages": 1}
    assert body["pagination"] == {**figures, "nextCursor": None}
    newest, oldest = body["data"]
    expected = {
        "name": "Old",
        "email": "old@example.com",
        "meetingCount": 3,
        "lastMeetingAt": format_instant(past),
        "createdAt": "2026-03-01T14:00:00.000Z",
    }
    assert oldest == oldest | expected
    assert oldest["updatedAt"] >= format_instant(real_now)
    assert (newest["name"], newest["meetingCount"], newest["lastMeetingAt"]) == ("New", 0, None)


async def test_a_contact_is_read_with_its_meetings(
    get: Get, resync: Resync, booking: Booking
) -> None:
    """Upcoming meetings soonest first without cancelled ones, past ones latest first; fifty of
    each."""
    owner_id, real_now = new_id(), datetime.now(UTC).replace(microsecond=0)
    days = [*range(-52, 0), *range(1, 53)]
    await resync(*(booking(owner_id, start=real_now + timedelta(days=day)) for day in days))
    cancelled_past = booking(
        owner_id, start=real_now - timedelta(hours=1), status=BookingStatus.CANCELLED
    )
    cancelled_future = booking(
        owner_id, start=real_now + timedelta(hours=1), status=BookingStatus.CANCELLED
    )
    await resync(cancelled_past, cancelled_future)
    _, listed = await get(owner_id, "/contacts")
    (entry,) = listed["data"]
    status, contact = await get(owner_id, f"/contacts/{entry['id']}")
    assert status == 200
    assert {name: contact[name] for name in entry} == entry
    assert contact["meetingCount"] == 104
    upcoming, past = contact["upcomingMeetings"], contact["pastMeetings"]
    assert [meeting["startTime"] for meeting in upcoming] == [
        format_instant(real_now + timedelta(days=day)) for day in range(1, 51)
    ]
    assert past[0] == {
        "id": str(cancelled_past.id),
        "startTime": format_instant(cancelled_past.start_time),
        "endTime": format_instant(cancelled_past.end_time),
        "status": "CANCELLED",
        "eventType": cancelled_past.event_type.model_dump(mode="json"),
    }
    assert [meeting["startTime"] for meeting in past[1:]] == [
        format_instant(real_now - timedelta(days=day)) for day in range(1, 50)
    ]


async def test_pages_hold_every_contact_once(get: Get, resync: Resync, booking: Booking) -> None:
    """Also with equal creation times; a page past the end is empty."""
    owner_id = new_id()
    await resync(*(booking(owner_id, invitee_email=f"p{n}@example.com") for n in range(5)))
    seen = []
    for page in (1, 2, 3):
        _, body = await get(owner_id, "/contacts", page=page, limit=2)
        assert (body["pagination"].pop("nextCursor") is None) == (page == 3)
        assert body["pagination"] == {"page": page, "limit": 2, "total": 5, "totalPages": 3}
        seen += [contact["id"] for contact in body["data"]]
    assert len(seen) == len(set(seen)) == 5
    for page in (4, 10**30):
        status, body = await get(owner_id, "/contacts", page=page, limit=2)
        assert (status, body["data"], body["pagination"]["total"]) == (200, [], 5)


async def test_an_unknown_owner_has_no_contacts(get: Get) -> None:
    """An empty list without pages."""
    assert await get(new_id(), "/contacts") == (
        200,
        {
            "data": [],
            "pagination": {
                "page": 1,
                "limit": 20,
                "total": 0,
                "totalPages": 0,
                "nextCursor": None,
            },
        },
    )


@pytest.fixture(scope="module")
async def owner_with_people(resync: Resync, booking: Booking) -> Any:
    owner_id = new_id()
    people = [
        ("Zoë Quinn", "zq@example.com"),
        ("Jürgen Groß", "jg@example.org"),
        ("100% Sure", "sure@example.com"),
        ("under_score", "us@example.com"),
        ("back\\slash", "bs@example.com"),
        ("王小明", "wang@example.cn"),
        ("It's; DROP TABLE", "drop@example.com"),
    ]
    await resync(
        *(booking(owner_id, invitee_name=name, invitee_email=email) for name, email in people)
    )
    return owner_id


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("quinn", ["Zoë Quinn"]),
        ("ZOË", ["Zoë Quinn"]),
        ("ZOE\u0308", ["Zoë Quinn"]),
        ("  Zoë  ", ["Zoë Quinn"]),
        ("GROSS", ["Jürgen Groß"]),
        ("JÜRGEN", ["Jürgen Groß"]),
        ("@EXAMPLE.ORG", ["Jürgen Groß"]),
        ("%", ["100% Sure"]),
        ("0%", ["100% Sure"]),
        ("_", ["under_score"]),
        ("r_s", ["under_score"]),
        ("\\", ["back\\slash"]),
        ("k\\s", ["back\\slash"]),
        ("王", ["王小明"]),
        ("'s; drop", ["It's; DROP TABLE"]),
        ("Quinn zq", []),
        ("a%e", []),
        ("nobody", []),
    ],
)
async def test_a_search_finds_parts_of_name_and_email(
    get: Get, owner_with_people: Any, search: str, expected: list[str]
) -> None:
    """In any letter case, without wildcards, and not across two fields."""
    status, body = await get(owner_with_people, "/contacts", search=search)
    assert status == 200
    assert names(body) == expected
    assert body["pagination"]["total"] == len(expected)


@pytest.mark.parametrize("search", ["", "   "])
async def test_a_blank_search_lists_all(get: Get, owner_with_people: Any, search: str) -> None:
    """An empty search form sends a blank value."""
    _, body = await get(owner_with_people, "/contacts", search=search)
    assert body["pagination"]["total"] == 7


async def test_a_search_stays_within_the_owner(get: Get, resync: Resync, booking: Booking) -> None:
    """Each owner finds only their own contacts."""
    owner_id, other_id = new_id(), new_id()
    await resync(booking(owner_id), booking(other_id))
    assert names((await get(other_id, "/contacts", search="zoe@"))[1]) == ["Zoë"]
    assert names((await get(new_id(), "/contacts", search="zoe@"))[1]) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": "0"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "one"}, "page"),
        ({"page": "1.5"}, "page"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"search": "a\x00"}, "search"),
        ({"search": "a" * 201}, "search"),
    ],
)
async def test_a_bad_parameter_is_named(get: Get, query: dict[str, str], field: str) -> None:
    """400 in the error format; an unknown parameter is ignored."""
    status, body = await get(new_id(), "/contacts", surprise="1", **query)
    assert (status, body["error"], list(body["details"])) == (400, "Invalid request data", [field])


async def test_another_owners_contact_is_not_found(
    get: Get, resync: Resync, booking: Booking
) -> None:
    """Another owner's, unknown and malformed ids return the same 404."""
    owner_id = new_id()
    await resync(booking(owner_id))
    contact_id = (await get(owner_id, "/contacts"))[1]["data"][0]["id"]
    assert (await get(owner_id, f"/contacts/{contact_id}"))[0] == 200
    not_found = (404, {"error": "Contact not found", "code": "contact_not_found"})
    assert await get(new_id(), f"/contacts/{contact_id}") == not_found
    for malformed in (uuid4(), "1", "%00", "a" * 5000, "zoe@example.com"):
        assert await get(owner_id, f"/contacts/{malformed}") == not_found


@pytest.mark.parametrize(
    ("path", "caller_kinds"),
    [
        ("/api/v1/contacts", {CallerKind.API_KEY}),
        ("/api/v1/conversations", {CallerKind.API_KEY}),
        ("/api/v1/calls", {CallerKind.API_KEY}),
        ("/dashboard/api/contacts", {CallerKind.SESSION}),
        ("/dashboard/api/conversations", {CallerKind.SESSION}),
        ("/dashboard/api/calls", {CallerKind.SESSION}),
    ],
)
async def test_other_caller_kinds_are_refused(
    service: Running, path: str, caller_kinds: set[CallerKind]
) -> None:
    """API keys reach the API, sessions the dashboard; internal paths are on the other port."""
    for caller_kind in CallerKind:
        headers = service.identity(caller_kind, subject=uuid4())
        async with service.session.get(f"{service.url}{path}", headers=headers) as reply:
            assert reply.status == (200 if caller_kind in caller_kinds else 503)
    async with service.session.get(f"{service.url}/internal/contacts") as reply:
        assert reply.status == 404
