"""The invitee's link: read, cancel and move a booking."""

from typing import Any

import orjson
import pytest
from services.bookings.tests.calls import (
    LINK_KEY,
    PUBLIC_URL,
    Caller,
    slot,
    wire,
)
from services.bookings.tests.fakes import EventType, FakeAvailability
from services.bookings.tests.invitees import Invitee, book
from services.bookings.tests.rows import events, rows

from linktime_bookings.domain.links import Linked, Links
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.services import Running


@pytest.fixture
async def invitee(service: Running, event_type: EventType) -> Invitee:
    """An invitee with a new booking."""
    booked = await book(service, event_type)
    address, _, token = booked["manageUrl"].rpartition("/")
    assert address == f"{PUBLIC_URL}/manage"
    return Invitee(service, token, booked["bookingId"])


async def _end(database: Database) -> None:
    """Move all bookings to last month."""
    await rows(
        database,
        "UPDATE bookings SET starts_at = starts_at - interval '30 days',"
        " ends_at = ends_at - interval '30 days' RETURNING id",
    )


async def _last_event(database: Database) -> Any:
    """Return the data of the newest event."""
    newest = "SELECT envelope FROM outbox ORDER BY seq DESC LIMIT 1"
    ((envelope,),) = await rows(database, newest)
    return orjson.loads(envelope)["data"]


async def test_repeat_returns_the_same_link(service: Running, event_type: EventType) -> None:
    """The stored response includes the link."""
    first = await book(service, event_type)
    assert set(first) == {"bookingId", "manageUrl"}
    assert await book(service, event_type) == first


async def test_a_key_gets_no_link(host: Caller) -> None:
    """Hosts do not get the invitee's link."""
    assert set((await host.book(slot(0))).body) == {"bookingId"}


async def test_read(invitee: Invitee, host: Caller, event_type: EventType) -> None:
    """The fields of the host's list, the host, until when it can be changed, and reminders."""
    seen = await invitee.get()
    assert seen.status == 200
    (listed,) = (await host.get("")).body["data"]
    public = {"name": event_type.host.name, "username": event_type.host.username}
    until = {"changeableUntil": listed["endTime"]}
    assert seen.body == {**listed, **until, "host": public, "reminders": None}
    assert (seen.body["id"], seen.body["status"]) == (invitee.booking_id, "CONFIRMED")


async def test_cancel(invitee: Invitee, host: Caller, database: Database) -> None:
    """The time is freed, and the event names the invitee and the reason."""
    reply = await invitee.cancel({"reason": "I am ill"})
    assert (reply.status, reply.body) == (200, {"success": True})
    booking = (await host.get(f"/{invitee.booking_id}")).body
    assert (booking["status"], booking["cancellationReason"]) == ("CANCELLED", "I am ill")
    assert (booking["history"][-1]["type"], booking["history"][-1]["by"]) == (
        "cancelled",
        "invitee",
    )
    event = await _last_event(database)
    assert (event["cancelledBy"], event["reason"]) == ("invitee", "I am ill")
    assert (await host.book(slot(0))).status == 201


async def test_reschedule(invitee: Invitee, host: Caller, database: Database) -> None:
    """To a free time, by the event type's rules; the link stays valid."""
    assert (await invitee.move(4, reason="Train")).status == 200
    assert (await invitee.get()).body["startTime"] == wire(slot(4))
    booking = (await host.get(f"/{invitee.booking_id}")).body
    assert (booking["history"][-1]["by"], booking["history"][-1]["reason"]) == ("invitee", "Train")
    event = await _last_event(database)
    assert (event["rescheduledBy"], event["reason"]) == ("invitee", "Train")
    assert (await host.book(slot(4))).status == 409


async def test_a_change_of_an_earlier_state(invitee: Invitee, host: Caller) -> None:
    """It is refused, by either side; one that is repeated with its key is the one that was made."""
    for _ in range(2):
        assert (await invitee.move(4, key="m", sequence=0)).status == 200
    outdated = {"sequence": 0}
    again = {"newStartTime": wire(slot(4)), **outdated}
    refused = [
        await invitee.cancel(outdated),
        await invitee.move(4, **outdated),
        await host.post(f"/{invitee.booking_id}/cancel", outdated),
        await host.post(f"/{invitee.booking_id}/reschedule", again),
    ]
    assert {(one.status, one.body["code"]) for one in refused} == {(409, "booking_changed")}
    assert (await invitee.cancel({"sequence": -1})).status == 400
    assert (await invitee.cancel({"sequence": 1})).status == 200
    for over in (await invitee.cancel(outdated), await invitee.move(4, **outdated)):
        assert (over.status, over.body["code"]) == (409, "already_cancelled")


async def test_reschedule_to_a_refused_time(
    invitee: Invitee, availability: FakeAvailability
) -> None:
    """409 with the rule's message, as for the host; the booking stays."""
    availability.next_refusals = ["hours"]
    reply = await invitee.move(4)
    assert reply.status == 409
    assert (await invitee.get()).body["startTime"] == wire(slot(0))


async def test_ended_booking_is_read_only(invitee: Invitee, database: Database) -> None:
    """It can be read; changes are 409."""
    await _end(database)
    assert (await invitee.get()).status == 200
    for reply in (await invitee.cancel(), await invitee.move(4)):
        assert (reply.status, reply.body) == (
            409,
            {"error": "This booking has already ended", "code": "booking_ended"},
        )
    assert await events(database) == ["booking.created"]


async def test_cancelled_booking_is_read_only(invitee: Invitee) -> None:
    """It can be read; cancelling and moving are 409."""
    assert (await invitee.cancel()).status == 200
    assert (await invitee.get()).body["status"] == "CANCELLED"
    assert (await invitee.cancel()).status == 409
    assert (await invitee.move(4)).status == 409


async def test_repeated_writes(
    invitee: Invitee, service: Running, event_type: EventType, database: Database
) -> None:
    """Each has one effect; the same key of another invitee is another request."""
    for _ in range(2):
        assert (await invitee.move(4, key="m")).status == 200
    assert (await invitee.move(6, key="m")).status == 422
    for _ in range(2):
        assert (await invitee.cancel(key="c")).status == 200
    other = (await book(service, event_type, 8))["manageUrl"].rpartition("/")[2]
    assert (await Invitee(service, other).cancel(key="c")).status == 200
    assert await events(database) == [
        "booking.created",
        "booking.rescheduled",
        "booking.cancelled",
        "booking.created",
        "booking.cancelled",
    ]


@pytest.mark.parametrize("token", ["", "x", "a.b", "%00", "k.%C3%A9", "A" * 5000])
async def test_malformed_token(service: Running, token: str) -> None:
    """404 for any other text, before the body is read."""
    stranger = Invitee(service, token)
    assert (await stranger.get()).status == 404
    if token:
        assert (await stranger.cancel({"nonsense": 1})).body == {
            "error": "Booking not found",
            "code": "booking_not_found",
        }
        assert (await stranger.send("POST", "/reschedule", {})).status == 404


async def test_forged_token(invitee: Invitee, service: Running, host: Caller) -> None:
    """404 for a booking's id, another key, and ids of no booking of the host."""
    forged = Links([LINK_KEY.replace("invitee:", "other:")], PUBLIC_URL)
    ours = Links([LINK_KEY], PUBLIC_URL)
    for token in (
        invitee.booking_id,
        invitee.token[:-2],
        forged.url(Linked(new_id(), host.host_id)).rpartition("/")[2],
        ours.url(Linked(new_id(), host.host_id)).rpartition("/")[2],
    ):
        for reply in (
            await Invitee(service, token).get(),
            await Invitee(service, token).cancel(),
            await Invitee(service, token).move(4),
        ):
            assert (reply.status, reply.body) == (
                404,
                {"error": "Booking not found", "code": "booking_not_found"},
            )


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/cancel", {"reason": 5}, "reason"),
        ("/cancel", {"reason": "x" * 1_001}, "reason"),
        ("/cancel", {"by": "host"}, "by"),
        ("/reschedule", {}, "newStartTime"),
        ("/reschedule", {"newStartTime": "2026-03-01T14:00:00"}, "newStartTime"),
        ("/reschedule", {"newStartTime": wire(slot(2)), "hostId": "x"}, "hostId"),
    ],
)
async def test_invalid_body(invitee: Invitee, path: str, body: Any, field: str) -> None:
    """400 with the field named; nothing changes."""
    reply = await invitee.send("POST", path, body)
    assert (reply.status, list(reply.body["details"])) == (400, [field])
    assert (await invitee.get()).body["sequence"] == 0


async def test_links_require_public_callers(invitee: Invitee, host: Caller) -> None:
    """An API key is refused."""
    key = invitee.service.identity(CallerKind.API_KEY, subject=host.host_id)
    client = Invitee(invitee.service, invitee.token, credentials=key)
    assert (await client.get()).status == 503
