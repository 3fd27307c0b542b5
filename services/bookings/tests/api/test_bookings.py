"""Booking, reading, cancelling and moving over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from services.bookings.tests.calls import Caller, booking_request, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability, FakeContacts
from services.bookings.tests.rows import events

from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
)
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.ids import new_id
from linktime_common.postgres import Database


async def _envelopes(database: Database) -> list[dict[str, Any]]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
    return [orjson.loads(row["envelope"]) for row in rows]


async def test_book(
    host: Caller, availability: FakeAvailability, event_type: EventType, database: Database
) -> None:
    """201 with the id; one event, which also confirms the hold."""
    reply = await host.book(
        slot(0), notes="About compilers", inviteePhone="+4930123456", inviteeTimezone="Asia/Tokyo"
    )
    assert reply.status == 201
    assert list(reply.body) == ["bookingId"]
    (reservation_id,) = availability.in_state("held")
    (envelope,) = await _envelopes(database)
    event = BookingCreated.from_envelope(envelope)
    assert event.owner_id == event_type.host.id
    assert event.aggregate_id == event.booking.id == UUID(reply.body["bookingId"])
    assert event.booking.reservation_id == reservation_id
    assert event.booking.start_time == slot(0)
    assert event.booking.end_time == slot(1)
    assert event.booking.sequence == 0
    assert event.booking.host == event_type.host
    assert event.aggregate_version >= event.booking.created_at.timestamp() * 1_000_000 - 1_000


async def test_detail(host: Caller, event_type: EventType) -> None:
    """All fields, optional ones null, instants in UTC with milliseconds."""
    event_type.questions = [
        Question(id="q1", label="Topic", type="text", required=True, options=[]),
        Question(id="q2", label="Recorded?", type="checkbox", required=False, options=[]),
    ]
    answers = [{"questionId": "q2", "value": True}, {"questionId": "q1", "value": " COBOL "}]
    booking_id = await host.booked(slot(0), answers=answers)
    body = (await host.get(f"/{booking_id}")).body
    assert body.pop("createdAt") == body.pop("updatedAt")
    assert [mail["type"] for mail in body.pop("emailLogs")] == ["confirmation", "host_booked"]
    line = body.pop("history")[0]
    assert line.pop("at").endswith("Z")
    assert line == {
        "type": "created",
        "by": "host",
        "reason": None,
        "fromStartTime": None,
        "toStartTime": None,
        "ignoredRules": False,
    }
    assert body == {
        "id": booking_id,
        "status": "CONFIRMED",
        "startTime": wire(slot(0)),
        "endTime": wire(slot(1)),
        "inviteeName": "Grace Hopper",
        "inviteeEmail": "grace@navy.example",
        "inviteeTimezone": "America/New_York",
        "inviteePhone": None,
        "notes": None,
        "answers": [
            {"questionId": "q1", "label": "Topic", "value": "COBOL"},
            {"questionId": "q2", "label": "Recorded?", "value": "true"},
        ],
        "eventType": {
            "id": str(event_type.id),
            "name": "Intro call",
            "slug": "intro",
            "durationMinutes": 30,
        },
        "location": "https://meet.example/intro",
        "source": "api",
        "sequence": 0,
        "cancelledAt": None,
        "cancellationReason": None,
        "contact": {
            "id": None,
            "name": "Grace Hopper",
            "email": "grace@navy.example",
            "phone": None,
            "company": None,
        },
        "payment": None,
    }


async def test_detail_with_contact(host: Caller, contacts: FakeContacts) -> None:
    """The host's contact is returned if contacts has one."""
    booking_id = await host.booked(slot(0), inviteeEmail="grace+work@navy.example")
    found = FoundContact(
        id=new_id(), name="Amazing Grace", email="grace+work@navy.example", phone=None, company="US"
    )
    contacts.known[(host.host_id, "grace+work@navy.example")] = found
    body = (await host.get(f"/{booking_id}")).body
    assert body["contact"] == found.model_dump(mode="json")


async def test_event_context(host: Caller, contacts: FakeContacts, database: Database) -> None:
    """All three events have the invitee's link, the host's zone and the contact, or null."""
    booking_id = await host.booked(slot(0), inviteeEmail="grace@navy.example")
    found = FoundContact(
        id=new_id(), name="Grace", email="grace@navy.example", phone=None, company=None
    )
    contacts.known[(host.host_id, "grace@navy.example")] = found
    body = {"newStartTime": wire(slot(2))}
    assert (await host.post(f"/{booking_id}/reschedule", body)).status == 200
    assert (await host.post(f"/{booking_id}/cancel", {})).status == 200
    created, *later = [envelope["data"] for envelope in await _envelopes(database)]
    assert created["contactId"] is None
    assert [data["contactId"] for data in later] == [str(found.id)] * 2
    for data in (created, *later):
        assert "/manage/" in data["manageUrl"]
        assert data["manageUrl"] == created["manageUrl"]
        assert data["booking"]["host"]["timezone"] == "Europe/Vienna"


async def test_contacts_does_not_respond(
    host: Caller, contacts: FakeContacts, database: Database
) -> None:
    """The booking is created, and its event has no contact."""
    contacts.is_silent = True
    await host.booked(slot(0))
    (envelope,) = await _envelopes(database)
    assert envelope["data"]["contactId"] is None


REFUSALS = {
    "inactive": ("This event type takes no new bookings", "event_type_inactive"),
    "notice": ("This time has passed or is too soon to be booked", "too_soon"),
    "horizon": ("This time is too far ahead to be booked", "too_far"),
    "outside_hours": ("This time is outside the hours that can be booked", "outside_hours"),
    "not_on_grid": ("This time is not one of the offered slots", "not_on_grid"),
    "time_off": ("This time is outside the hours that can be booked", "time_off"),
    "holiday": ("This time is outside the hours that can be booked", "holiday"),
    "daily_limit": ("No more bookings are taken for this day", "daily_limit"),
    "busy": ("This time is already taken", "slot_taken"),
    "buffer": ("This time is already taken", "slot_taken"),
    "something new": ("This time is already taken", "slot_taken"),
}


async def test_refusals(host: Caller, availability: FakeAvailability, database: Database) -> None:
    """Each slot rule is a 409 with its message, and nothing is written."""
    for rule, (words, code) in REFUSALS.items():
        availability.next_refusals = [rule]
        reply = await host.book(slot(0))
        assert (reply.status, reply.body) == (409, {"error": words, "code": code}), rule
    assert await events(database) == []


async def test_unknown_event_type(host: Caller, stranger: Caller) -> None:
    """The same 404 for an unknown event type and another host's."""
    wanted = {
        "status": 404,
        "body": {"error": "Event type not found", "code": "event_type_not_found"},
    }
    for reply in (await host.book(slot(0), eventTypeSlug="nope"), await stranger.book(slot(0))):
        assert {"status": reply.status, "body": reply.body} == wanted


async def test_taken_and_past_slots(host: Caller) -> None:
    """409 for the second booking of a slot, and for yesterday."""
    await host.booked(slot(0))
    assert (await host.book(slot(0))).status == 409
    assert (await host.book(slot(0) - timedelta(days=2))).status == 409


async def test_cancel(host: Caller, availability: FakeAvailability, database: Database) -> None:
    """200, one event, the reason is stored, and the slot can be booked at once."""
    booking_id = await host.booked(slot(0))
    reply = await host.post(f"/{booking_id}/cancel", {"reason": " ill "})
    assert (reply.status, reply.body) == (200, {"success": True})
    body = (await host.get(f"/{booking_id}")).body
    assert (body["status"], body["cancellationReason"], body["sequence"]) == ("CANCELLED", "ill", 1)
    assert body["cancelledAt"] == body["updatedAt"]
    assert [line["type"] for line in body["history"]] == ["created", "cancelled"]
    assert body["history"][1]["reason"] == "ill"
    assert len(availability.in_state("freed")) == 1
    created, cancelled = await _envelopes(database)
    event = BookingCancelled.from_envelope(cancelled)
    assert (event.cancelled_by, event.reason) == ("host", "ill")
    assert event.aggregate_version > BookingCreated.from_envelope(created).aggregate_version
    await host.booked(slot(0))


async def test_cancel_with_empty_body(host: Caller) -> None:
    """As of `curl -X POST …/cancel`; the reason is null."""
    booking_id = await host.booked(slot(0))
    assert (await host.send("POST", f"/{booking_id}/cancel")).status == 200
    assert (await host.get(f"/{booking_id}")).body["cancellationReason"] is None


async def test_cancelled_booking_cannot_change(host: Caller, database: Database) -> None:
    """409 for cancelling and moving."""
    booking_id = await host.booked(slot(0))
    await host.post(f"/{booking_id}/cancel")
    for verb, body in (("cancel", {}), ("reschedule", {"newStartTime": wire(slot(3))})):
        reply = await host.post(f"/{booking_id}/{verb}", body)
        assert (reply.status, reply.body["error"]) == (409, "This booking is already cancelled")
    assert await events(database) == ["booking.created", "booking.cancelled"]


async def test_reschedule(
    host: Caller, availability: FakeAvailability, event_type: EventType, database: Database
) -> None:
    """The id stays, the old time is freed, and the event names both reservations."""
    booking_id = await host.booked(slot(0))
    (old,) = availability.in_state("held")
    event_type.minutes, event_type.name, event_type.buffer_after = 90, "Renamed", 5
    event_type.archived = True
    reply = await host.post(
        f"/{booking_id}/reschedule", {"newStartTime": wire(slot(4)), "reason": "train"}
    )
    assert (reply.status, reply.body) == (200, {"success": True})
    body = (await host.get(f"/{booking_id}")).body
    assert (body["startTime"], body["endTime"]) == (wire(slot(4)), wire(slot(5)))
    assert (body["status"], body["sequence"], body["eventType"]["name"]) == (
        "CONFIRMED",
        1,
        "Intro call",
    )
    line = body["history"][1]
    assert (line["type"], line["reason"]) == ("rescheduled", "train")
    assert (line["fromStartTime"], line["toStartTime"]) == (wire(slot(0)), wire(slot(4)))
    (new,) = availability.in_state("held")
    assert availability.in_state("freed") == {old}
    event = BookingRescheduled.from_envelope((await _envelopes(database))[1])
    assert (event.booking.reservation_id, event.previous_reservation_id) == (new, old)
    assert (event.previous_start_time, event.previous_end_time) == (slot(0), slot(1))
    assert (event.rescheduled_by, event.reason, event.booking.buffer_after) == ("host", "train", 5)


async def test_reschedule_to_the_present_start(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """200 without a reservation, a history line or an event; with any offset."""
    booking_id = await host.booked(slot(0))
    same = (slot(0) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    before = (await host.get(f"/{booking_id}")).body
    assert (await host.post(f"/{booking_id}/reschedule", {"newStartTime": same})).status == 200
    assert (await host.get(f"/{booking_id}")).body == before
    assert len(availability.reservations) == 1
    assert await events(database) == ["booking.created"]


async def test_reschedule_to_an_overlapping_time(host: Caller) -> None:
    """The booking's own time is ignored."""
    booking_id = await host.booked(slot(0))
    moved = slot(0) + timedelta(minutes=15)
    reply = await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(moved)})
    assert reply.status == 200


async def test_reschedule_to_a_taken_slot(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """The booking is unchanged, whether availability or the table finds the conflict."""
    booking_id = await host.booked(slot(0))
    await host.booked(slot(1))
    for grants in (False, True):
        availability.grants_overlaps = grants
        reply = await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(1))})
        assert (reply.status, reply.body["error"]) == (409, "This time is already taken")
    assert (await host.get(f"/{booking_id}")).body["startTime"] == wire(slot(0))
    assert await events(database) == ["booking.created"] * 2


async def test_unknown_booking(host: Caller) -> None:
    """404 for malformed and unknown ids."""
    for booking_id in ("nonsense", str(new_id()), "00000000", "%00", "é"):
        replies = [
            await host.get(f"/{booking_id}"),
            await host.post(f"/{booking_id}/cancel"),
            await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(2))}),
        ]
        for reply in replies:
            assert (reply.status, reply.body) == (
                404,
                {"error": "Booking not found", "code": "booking_not_found"},
            ), booking_id


async def test_another_hosts_booking(host: Caller, stranger: Caller, database: Database) -> None:
    """404 for reading, cancelling and moving with another key, and nothing changes."""
    booking_id = await host.booked(slot(0))
    replies = [
        await stranger.get(f"/{booking_id}"),
        await stranger.post(f"/{booking_id}/cancel"),
        await stranger.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(2))}),
    ]
    assert [(reply.status, reply.body["error"]) for reply in replies] == [
        (404, "Booking not found")
    ] * 3
    assert (await stranger.get("")).body["data"] == []
    assert await events(database) == ["booking.created"]


async def test_media_types(host: Caller) -> None:
    """415 for another media type, 400 for malformed JSON."""
    reply = await host.send("POST", "", data=b"a=1", headers={"Content-Type": "text/plain"})
    assert reply.status == 415
    reply = await host.send("POST", "", data=b"{", headers={"Content-Type": "application/json"})
    assert (reply.status, reply.body) == (
        400,
        {"error": "The body is not valid JSON", "code": "malformed_body"},
    )


async def test_start_with_offset(host: Caller) -> None:
    """An instant with an offset equals the one in UTC."""
    there = (slot(0) - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M-05:00")
    reply = await host.post("", {**booking_request(slot(0)), "startTime": there})
    assert reply.status == 201
    body = (await host.get(f"/{reply.body['bookingId']}")).body
    assert body["startTime"] == wire(slot(0))
