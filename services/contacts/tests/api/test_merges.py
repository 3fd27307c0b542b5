"""Merge two contacts into one, over HTTP."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from linktime_common.contracts.events.bookings import BookingState, BookingStatus
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .calls import Call, Get, PendingEvents, Resync

Booking = Callable[..., BookingState]
PATH = "/api/v1/contacts"
ANN = {"name": "Ann", "email": "ann@example.com", "phone": "+4930111111", "notes": "First"}
LEE = {"name": "A. Lee", "email": "Lee@example.org", "phone": "+4930222222", "company": "ACME"}
TAKEN = (409, {"error": "A contact with this e-mail already exists", "code": "email_taken"})
NOT_FOUND = (404, {"error": "Contact not found", "code": "contact_not_found"})


async def added(call: Call, owner_id: Any, **fields: Any) -> str:
    status, contact = await call(owner_id, "POST", PATH, fields)
    assert status == 201, contact
    return str(contact["id"])


async def merge(call: Call, owner_id: Any, kept: str, merged: Any, **more: Any) -> Any:
    return await call(owner_id, "POST", f"{PATH}/{kept}/merge", {"contactId": str(merged)}, **more)


async def ids_found(get: Get, owner_id: Any, search: str) -> list[str]:
    _, body = await get(owner_id, "/contacts", search=search)
    return [one["id"] for one in body["data"]]


@pytest.fixture
async def two(call: Call) -> tuple[Any, str, str]:
    """An owner with two contacts."""
    owner_id = new_id()
    return owner_id, await added(call, owner_id, **ANN), await added(call, owner_id, **LEE)


async def test_a_merged_contact_is_found_by_both_addresses(
    call: Call, get: Get, service: Running, pending_events: PendingEvents, two: Any
) -> None:
    """Empty fields are filled, others stay; one event contains the result."""
    owner_id, kept, merged = two
    status, contact = await merge(call, owner_id, kept, merged)
    assert status == 200
    assert {name: contact[name] for name in (*ANN, "company", "id")} == ANN | {
        "company": "ACME",
        "id": kept,
    }
    assert await get(owner_id, f"/contacts/{merged}") == NOT_FOUND
    detail = (await get(owner_id, f"/contacts/{kept}"))[1]
    assert (detail["otherEmails"], detail["otherPhones"]) == (["Lee@example.org"], ["+4930222222"])
    for search in ("ann@", "LEE@EXAMPLE", "+4930111111", "+4930222222"):
        assert await ids_found(get, owner_id, search) == [kept], search
    for email in ("ann@example.com", "lee@example.org"):
        async with service.session.get(
            f"{service.internal_url}/internal/contacts",
            headers=service.identity(CallerKind.SERVICE, issuer="bookings"),
            params={"ownerId": str(owner_id), "email": email},
        ) as response:
            assert (await response.json())["id"] == kept
    event = (await pending_events(owner_id))[-1]
    assert (event["type"], event["subject"]) == ("contact.merged", kept)
    assert event["data"] == {
        "contact": contact,
        "mergedContactId": merged,
        "otherEmails": ["Lee@example.org"],
        "otherPhones": ["+4930222222"],
    }


async def test_meetings_threads_and_calls_go_along(
    call: Call, get: Get, resync: Resync, booking: Booking, two: Any
) -> None:
    """Those before the merge, and bookings and messages after it."""
    owner_id, kept, merged = two
    before = booking(owner_id, invitee_email=LEE["email"])
    await resync(before)
    await merge(call, owner_id, kept, merged)
    after = booking(owner_id, invitee_email="LEE@example.org")
    await resync(after, before.model_copy(update={"status": BookingStatus.CANCELLED}), version=2)
    detail = (await get(owner_id, f"/contacts/{kept}"))[1]
    listed = [*detail["upcomingMeetings"], *detail["pastMeetings"]]
    assert str(after.id) in {one["id"] for one in listed}
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 1
    ingested = {"source": "x", "direction": "INBOUND", "contactPhone": LEE["phone"]}
    message = {"channel": "SMS", "ourPhone": "+4930999999", "sentAt": "2026-03-01T09:00:00Z"}
    spoken = {"startedAt": "2026-03-01T09:00:00Z", "durationSeconds": 1, "status": "COMPLETED"}
    for path, body in (
        ("messages", message | {"externalMessageId": "1", "body": "Hi"}),
        ("calls", spoken | {"externalCallId": "1"}),
    ):
        assert (await call(owner_id, "POST", f"/api/ingest/{path}", ingested | body))[0] == 201
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    (spoke,) = (await get(owner_id, "/calls"))[1]["data"]
    assert (thread["contactId"], thread["contactName"], spoke["contactId"]) == (kept, "Ann", kept)


async def test_a_kept_email_is_taken(call: Call, get: Get, two: Any) -> None:
    """For new contacts and changes; the contact itself can make it its own again."""
    owner_id, kept, merged = two
    await merge(call, owner_id, kept, merged)
    assert await call(owner_id, "POST", PATH, LEE) == TAKEN
    other = await added(call, owner_id, name="Bo", email="bo@example.com")
    path = f"{PATH}/{other}"
    assert await call(owner_id, "PATCH", path, {"email": "LEE@example.org"}) == TAKEN
    assert (await call(owner_id, "PATCH", f"{PATH}/{kept}", {"email": "lee@example.org"}))[0] == 200
    assert (await get(owner_id, f"/contacts/{kept}"))[1]["otherEmails"] == []
    assert (await call(owner_id, "PATCH", f"{PATH}/{kept}", {"email": "new@example.org"}))[0] == 200
    assert (await call(owner_id, "PATCH", path, {"email": "lee@example.org"}))[0] == 200


async def test_merges_can_be_chained_and_end_with_the_contact(
    call: Call, get: Get, two: Any
) -> None:
    """Addresses of all are kept; a deleted contact frees them."""
    owner_id, second, first = two
    third = await added(call, owner_id, name="C", email="c@example.com", phone=ANN["phone"])
    await merge(call, owner_id, second, first)
    assert (await merge(call, owner_id, third, second))[1]["notes"] == "First"
    detail = (await get(owner_id, f"/contacts/{third}"))[1]
    assert detail["otherEmails"] == ["ann@example.com", "Lee@example.org"]
    assert (detail["phone"], detail["otherPhones"]) == (ANN["phone"], [LEE["phone"]])
    assert await ids_found(get, owner_id, "lee@") == [third]
    assert (await call(owner_id, "DELETE", f"{PATH}/{third}"))[0] == 200
    await added(call, owner_id, **LEE)


async def test_refused_merges_change_nothing(call: Call, get: Get, two: Any) -> None:
    """With itself, another owner's, unknown and malformed ones, too large ones."""
    owner_id, kept, merged = two
    others = await added(call, new_id(), **LEE)
    status, body = await merge(call, owner_id, kept, kept)
    assert (status, list(body["details"])) == (400, ["contactId"])
    for unknown in (others, new_id(), "1", ""):
        assert await merge(call, owner_id, kept, unknown) == NOT_FOUND
        assert await merge(call, owner_id, str(unknown) or "x", merged) == NOT_FOUND
    for contact_id, letter in ((kept, "a"), (merged, "b")):
        await call(owner_id, "PATCH", f"{PATH}/{contact_id}", {"notes": letter * 3_000})
    status, body = await merge(call, owner_id, kept, merged)
    assert (status, "5,000 characters of notes" in body["error"]) == (409, True)
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 2


async def test_a_merge_repeats_with_its_key(call: Call, two: Any) -> None:
    """The answer of the first one is sent again."""
    owner_id, kept, merged = two
    first = await merge(call, owner_id, kept, merged, key="k")
    assert first[0] == 200
    assert await merge(call, owner_id, kept, merged, key="k") == first


async def test_merges_and_bookings_at_once(
    call: Call, get: Get, resync: Resync, booking: Booking, two: Any
) -> None:
    """One of two opposite merges wins, and every meeting belongs to the one contact."""
    owner_id, first, second = two
    booked = [booking(owner_id, invitee_email=LEE["email"]) for _ in range(6)]
    answers = await asyncio.gather(
        merge(call, owner_id, first, second),
        merge(call, owner_id, second, first),
        *(resync(one) for one in booked),
    )
    assert sorted(status for status, _body in answers[:2]) == [200, 404]
    assert {status for status, _body in answers[2:]} == {200}
    (contact,) = (await get(owner_id, "/contacts"))[1]["data"]
    assert contact["meetingCount"] == len(booked)
