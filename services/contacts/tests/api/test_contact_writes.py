"""Add, change and delete contacts, over HTTP."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.contracts.wire import format_instant
from linktime_common.ids import new_id
from linktime_common.postgres import Database

from .calls import Call, Get, PendingEvents, Resync

Booking = Callable[..., BookingState]
PATH = "/api/v1/contacts"
ZOE = {"name": "Zoë", "email": "zoe@example.com"}
TAKEN = (409, {"error": "A contact with this e-mail already exists", "code": "email_taken"})
NOT_FOUND = (404, {"error": "Contact not found", "code": "contact_not_found"})


async def added(call: Call, owner_id: Any, **fields: Any) -> dict[str, Any]:
    status, contact = await call(owner_id, "POST", PATH, ZOE | fields)
    assert status == 201, contact
    return dict(contact)


async def test_an_added_contact_is_published(
    call: Call, get: Get, pending_events: PendingEvents
) -> None:
    """Response, list, detail and the one event contain the same contact."""
    owner_id = new_id()
    sent = {
        "name": "  Zoë Quinn ",
        "email": "Zoe@Example.com",
        "phone": "+4930123456",
        "company": "Example GmbH",
        "notes": "Line one\nline two",
    }
    status, contact = await call(owner_id, "POST", PATH, sent)
    assert status == 201
    assert contact == {
        "id": contact["id"],
        "name": "Zoë Quinn",
        "email": "Zoe@example.com",
        "phone": "+4930123456",
        "company": "Example GmbH",
        "notes": "Line one\nline two",
        "meetingCount": 0,
        "lastMeetingAt": None,
        "createdAt": contact["createdAt"],
        "updatedAt": contact["createdAt"],
    }
    assert (await get(owner_id, "/contacts"))[1]["data"] == [contact]
    detail = (await get(owner_id, f"/contacts/{contact['id']}"))[1]
    lists = ("upcomingMeetings", "pastMeetings", "otherEmails", "otherPhones")
    assert detail == contact | {name: [] for name in lists}
    (event,) = await pending_events(owner_id)
    assert (event["type"], event["subject"]) == ("contact.created", contact["id"])
    assert event["time"] == contact["createdAt"]
    assert event["data"] == {"contact": contact, "source": "api"}


async def test_absent_fields_are_null(call: Call) -> None:
    """A blank company or note is null as well."""
    contact = await added(call, new_id(), company="  ", notes="")
    assert [contact[name] for name in ("phone", "company", "notes")] == [None] * 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"email": ["zoe@example.com"]}, "email"),
        ({"phone": ""}, "phone"),
        ({"phone": "030 123456"}, "phone"),
        ({"phone": "+0123456789"}, "phone"),
        ({"phone": 4930123456}, "phone"),
        ({"company": "c" * 201}, "company"),
        ({"notes": "n" * 5001}, "notes"),
        ({"notes": {"a": 1}}, "notes"),
        ({"ownerId": str(uuid4())}, "ownerId"),
        ({"meeting_count": 3}, "meeting_count"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_an_invalid_field_is_named(call: Call, fields: dict[str, Any], field: str) -> None:
    """On create and on update; nothing is written."""
    owner_id = new_id()
    contact = await added(call, owner_id, email="before@example.com")
    for method, path, body in [
        ("POST", PATH, ZOE | fields),
        ("PATCH", f"{PATH}/{contact['id']}", fields),
    ]:
        status, answer = await call(owner_id, method, path, body)
        assert (status, answer["error"]) == (400, "Invalid request data")
        assert list(answer["details"]) == [field]
    _, listed = await call(owner_id, "GET", PATH)
    assert listed["data"] == [contact]


async def test_a_contact_needs_a_name_and_an_address(call: Call) -> None:
    """The details of an empty body name both fields; other bodies are refused."""
    status, answer = await call(new_id(), "POST", PATH)
    words = "This field is required"
    assert (status, answer["details"]) == (400, {"name": words, "email": words})
    assert (await call(new_id(), "POST", PATH, []))[0] == 400
    assert (await call(new_id(), "POST", PATH, raw=b"{"))[0] == 400
    assert (await call(new_id(), "POST", PATH, raw=b" " * (1024 * 1024 + 1)))[0] == 413


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("zoe@example.com", "ZOE@EXAMPLE.COM"),
        ("straße@example.com", "STRAẞE@example.com"),
        ("zoë@example.com", "zoe\u0308@example.com"),
    ],
)
async def test_an_email_is_unique_per_owner(call: Call, first: str, second: str) -> None:
    """In any letter case, on create and on update."""
    owner_id = new_id()
    await added(call, owner_id, email=first)
    assert await call(owner_id, "POST", PATH, ZOE | {"email": second}) == TAKEN
    other = await added(call, owner_id, email="other@example.com")
    assert await call(owner_id, "PATCH", f"{PATH}/{other['id']}", {"email": second}) == TAKEN
    await added(call, new_id(), email=second)


async def test_look_alikes_are_two_contacts(call: Call) -> None:
    """ß and ss are different addresses, on create and on update."""
    owner_id = new_id()
    await added(call, owner_id, email="straße@example.com")
    other = await added(call, owner_id, email="strasse@example.com")
    path = f"{PATH}/{other['id']}"
    assert await call(owner_id, "PATCH", path, {"email": "STRAẞE@example.com"}) == TAKEN
    assert (await call(owner_id, "PATCH", path, {"email": "ſtrasse@example.com"}))[0] == 200


async def test_the_letter_case_of_an_email_can_change(call: Call) -> None:
    """A contact does not conflict with itself."""
    owner_id = new_id()
    contact = await added(call, owner_id)
    status, changed = await call(
        owner_id, "PATCH", f"{PATH}/{contact['id']}", {"email": "ZOE@example.com"}
    )
    assert (status, changed["email"]) == (200, "ZOE@example.com")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_only_sent_fields_change(
    call: Call, get: Get, method: str, pending_events: PendingEvents
) -> None:
    """Null clears optional fields; `updatedAt` and the search are updated; no event is written."""
    owner_id = new_id()
    contact = await added(call, owner_id, phone="+4930123456", company="Old", notes="Old")
    path = f"{PATH}/{contact['id']}"
    status, changed = await call(
        owner_id, method, path, {"name": "Zoë Q.", "phone": None, "company": "Newton"}
    )
    assert status == 200
    assert changed == contact | {
        "name": "Zoë Q.",
        "phone": None,
        "company": "Newton",
        "updatedAt": changed["updatedAt"],
    }
    assert changed["updatedAt"] > contact["updatedAt"]
    assert (await get(owner_id, "/contacts"))[1]["data"] == [changed]
    assert (await get(owner_id, "/contacts", search="newton"))[1]["data"] == [changed]
    assert (await get(owner_id, "/contacts", search="old"))[1]["data"] == []
    assert len(await pending_events(owner_id)) == 1


async def test_a_read_contact_can_be_sent_back(
    call: Call, get: Get, resync: Resync, booking: Booking, now: datetime
) -> None:
    """Read-only fields are ignored; the response contains the figures."""
    owner_id = new_id()
    await resync(booking(owner_id, start=now))
    (entry,) = (await get(owner_id, "/contacts"))[1]["data"]
    path = f"{PATH}/{entry['id']}"
    detail = (await get(owner_id, f"/contacts/{entry['id']}"))[1]
    detail |= {"notes": "Likes tea", "id": str(uuid4()), "meetingCount": 99, "createdAt": 5}
    status, changed = await call(owner_id, "PUT", path, detail)
    assert status == 200
    assert changed == entry | {"notes": "Likes tea", "updatedAt": changed["updatedAt"]}
    assert (changed["meetingCount"], changed["lastMeetingAt"]) == (1, format_instant(now))
    again = await call(owner_id, "POST", PATH, detail | {"email": "copy@example.com"})
    assert (again[0], again[1]["meetingCount"]) == (201, 0)
    assert again[1]["id"] not in {entry["id"], detail["id"]}


async def test_a_change_to_equal_values_changes_nothing(call: Call) -> None:
    """`updatedAt` does not change; an empty body changes nothing."""
    owner_id = new_id()
    contact = await added(call, owner_id)
    path = f"{PATH}/{contact['id']}"
    assert await call(owner_id, "PATCH", path, ZOE) == (200, contact)
    assert await call(owner_id, "PATCH", path, {}) == (200, contact)
    assert await call(owner_id, "PATCH", path) == (200, contact)


async def test_another_owners_contact_is_not_found(call: Call) -> None:
    """Every write returns the same 404 for unknown, malformed and another owner's ids."""
    owner_id = new_id()
    contact = await added(call, owner_id)
    for caller, name in [
        (new_id(), contact["id"]),
        (owner_id, uuid4()),
        (owner_id, "1"),
        (owner_id, "%00"),
    ]:
        for method in ("PATCH", "PUT", "DELETE"):
            assert await call(caller, method, f"{PATH}/{name}") == NOT_FOUND
    assert (await call(owner_id, "GET", f"{PATH}/{contact['id']}"))[0] == 200


async def test_a_deleted_contact_is_not_restored(
    call: Call, get: Get, resync: Resync, booking: Booking, stored: Database
) -> None:
    """Its meetings are erased; old bookings do not restore it, and a new booking creates a new
    contact."""
    owner_id, start = new_id(), datetime.now(UTC) + timedelta(days=1)
    old = booking(owner_id, start=start)
    await resync(old)
    (contact,) = (await get(owner_id, "/contacts"))[1]["data"]
    path = f"{PATH}/{contact['id']}"
    assert await call(owner_id, "DELETE", path) == (200, {"success": True})
    assert await call(owner_id, "DELETE", path) == NOT_FOUND
    assert await call(owner_id, "GET", path) == NOT_FOUND
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 0
    assert (await get(owner_id, "/contacts", search="zoe"))[1]["pagination"]["total"] == 0
    async with stored.connection() as connection:
        (row,) = await connection.fetch("SELECT * FROM meetings WHERE owner_id = $1", owner_id)
        kept = {name for name, value in row.items() if value is not None}
        assert kept == {"booking_id", "owner_id", "version"}

    await resync(old.model_copy(update={"start_time": start + timedelta(hours=1)}), version=2)
    assert (await get(owner_id, "/contacts"))[1]["data"] == []
    recreated = await added(call, owner_id)
    assert (recreated["meetingCount"], recreated["id"] != contact["id"]) == (0, True)
    await call(owner_id, "DELETE", f"{PATH}/{recreated['id']}")
    await resync(booking(owner_id, start=start))
    (new,) = (await get(owner_id, "/contacts"))[1]["data"]
    assert (new["meetingCount"], new["id"] != contact["id"]) == (1, True)


async def test_a_booking_fills_a_contact_that_was_added(
    call: Call, get: Get, resync: Resync, booking: Booking
) -> None:
    """The empty phone is filled, other fields are kept, and the meeting counts."""
    owner_id = new_id()
    contact = await added(call, owner_id, name="Zoë Quinn", company="Example GmbH")
    await resync(booking(owner_id, invitee_email="ZOE@example.com", invitee_phone="+4930123456"))
    (filled,) = (await get(owner_id, "/contacts"))[1]["data"]
    assert (filled["id"], filled["name"], filled["email"]) == (
        contact["id"],
        "Zoë Quinn",
        "zoe@example.com",
    )
    assert (filled["phone"], filled["meetingCount"]) == ("+4930123456", 1)


async def test_the_total_follows_every_write(call: Call, get: Get, stored: Database) -> None:
    """The count is updated on insert and delete, also with many rows in one statement."""
    owner_id = new_id()
    contacts = [await added(call, owner_id, email=f"t{n}@example.com") for n in range(4)]
    await call(owner_id, "POST", PATH, ZOE | {"email": "t0@example.com"})
    await call(owner_id, "DELETE", f"{PATH}/{contacts[0]['id']}")
    pagination = (await get(owner_id, "/contacts", limit=1))[1]["pagination"]
    assert (pagination["total"], pagination["totalPages"]) == (3, 3)
    async with stored.connection() as connection:
        await connection.execute("DELETE FROM contacts WHERE owner_id = $1", owner_id)
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 0


async def test_contacts_come_newest_first_and_then_by_id(
    call: Call, get: Get, stored: Database
) -> None:
    """Equal times, as the response shows them, are ordered by id."""
    owner_id = new_id()
    for number in range(6):
        await added(call, owner_id, email=f"o{number}@example.com")
    async with stored.connection() as connection:
        await connection.execute(
            "UPDATE contacts SET created_at ="
            " $2::timestamptz + greatest(substr(email, 2, 1)::int - 2, 0) * interval '1 day'"
            " WHERE owner_id = $1",
            owner_id,
            datetime(2026, 1, 1, tzinfo=UTC),
        )
    data = (await get(owner_id, "/contacts"))[1]["data"]
    by_id = sorted(data, key=lambda contact: contact["id"])
    assert data == sorted(by_id, key=lambda contact: contact["createdAt"], reverse=True)
    assert [contact["email"][:2] for contact in data[:3]] == ["o5", "o4", "o3"]


async def test_concurrent_creations_add_one_contact(
    call: Call, get: Get, pending_events: PendingEvents
) -> None:
    """Ten concurrent requests: one contact, one event, nine conflicts."""
    owner_id = new_id()
    answers = await asyncio.gather(*(call(owner_id, "POST", PATH, ZOE) for _ in range(10)))
    assert sorted(status for status, _ in answers) == [201] + [409] * 9
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 1
    assert len(await pending_events(owner_id)) == 1


async def test_two_contacts_that_swap_emails_are_refused(call: Call, get: Get) -> None:
    """Concurrent changes return a conflict, never 500."""
    owner_id = new_id()
    one = await added(call, owner_id, email="one@example.com")
    two = await added(call, owner_id, email="two@example.com")
    for _ in range(10):
        answers = await asyncio.gather(
            call(owner_id, "PATCH", f"{PATH}/{one['id']}", {"email": "two@example.com"}),
            call(owner_id, "PATCH", f"{PATH}/{two['id']}", {"email": "one@example.com"}),
        )
        assert answers == [TAKEN, TAKEN]
    assert len((await get(owner_id, "/contacts"))[1]["data"]) == 2


async def test_concurrent_changes_are_all_kept(call: Call) -> None:
    """Each sends another field, and no update is lost."""
    owner_id = new_id()
    contact = await added(call, owner_id)
    path = f"{PATH}/{contact['id']}"
    values = {"name": "Z", "phone": "+4930123456", "company": "C", "notes": "N"}
    await asyncio.gather(*(call(owner_id, "PATCH", path, {k: v}) for k, v in values.items()))
    _, changed = await call(owner_id, "GET", path)
    assert {name: changed[name] for name in values} == values


async def test_a_concurrent_change_does_not_restore_a_deleted_contact(call: Call) -> None:
    """A change returns 200 or 404, the deletion 200 once."""
    owner_id = new_id()
    contact = await added(call, owner_id)
    path = f"{PATH}/{contact['id']}"
    answers = await asyncio.gather(
        *(call(owner_id, "PATCH", path, {"notes": str(n)}) for n in range(5)),
        *(call(owner_id, "DELETE", path) for _ in range(2)),
        *(call(owner_id, "PATCH", path, {"email": f"{n}@example.com"}) for n in range(5)),
    )
    assert {status for status, _ in answers} <= {200, 404}
    assert sorted(status for status, _ in answers[5:7]) == [200, 404]
    assert await call(owner_id, "GET", path) == NOT_FOUND
