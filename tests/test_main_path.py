"""The main path from end to end, through all services."""

from standardwebhooks import Webhook

from linktime_local.testing.waiting import eventually
from tests.hosts import Host
from tests.receiver import Receiver


async def test_a_booking_travels_all_the_way(host: Host, receiver: Receiver) -> None:
    """Slots are listed, one is booked, the contact appears, a signed webhook arrives."""
    secret = await host.subscribe(receiver.url, "booking.created", "contact.created")
    listed = await host.call("GET", "/api/v1/event-types")
    assert [one["slug"] for one in listed.body["data"]] == [host.event_type]
    start, *others = await host.slots()

    booked = await host.book(start)
    assert booked.status == 201, booked
    booking_id = booked.body["bookingId"]

    assert start not in await host.slots()
    assert set(others) <= set(await host.slots())
    detail = await host.call("GET", f"/api/v1/bookings/{booking_id}")
    assert detail.body["status"] == "CONFIRMED"
    assert detail.body["startTime"] == start

    await eventually(lambda: len(receiver.read()) == 2, what="both webhooks")
    for headers, body in receiver.deliveries:
        Webhook(secret).verify(body, headers)
    (created,) = receiver.read("booking.created")
    assert created["data"]["id"] == booking_id
    assert created["data"]["host"]["email"] == host.email

    async def contact() -> object:
        email = detail.body["inviteeEmail"]
        found = await host.call("GET", f"/api/v1/contacts?search={email}")
        return found.body["data"]

    (found,) = await eventually(contact, what="the contact")
    assert found["meetingCount"] == 1
    shown = await host.call("GET", f"/api/v1/contacts/{found['id']}")
    assert [meeting["id"] for meeting in shown.body["upcomingMeetings"]] == [booking_id]


async def test_a_booking_is_moved_and_cancelled(host: Host, receiver: Receiver) -> None:
    """The old time is free again at once, each change reaches contact and subscriber."""
    await host.subscribe(receiver.url, "booking.rescheduled", "booking.cancelled")
    first, second, *_others = await host.slots()
    booked = await host.book(first)
    path = f"/api/v1/bookings/{booked.body['bookingId']}"

    moved = await host.call("POST", f"{path}/reschedule", {"newStartTime": second})
    assert (moved.status, moved.body) == (200, {"success": True})
    slots = await host.slots()
    assert first in slots
    assert second not in slots

    cancelled = await host.call("POST", f"{path}/cancel", {"reason": "ill"})
    assert (cancelled.status, cancelled.body) == (200, {"success": True})
    assert second in await host.slots()
    assert (await host.call("POST", f"{path}/cancel")).status == 409

    await eventually(lambda: len(receiver.read()) == 2, what="both webhooks")
    (rescheduled,) = receiver.read("booking.rescheduled")
    assert rescheduled["data"]["previousStartTime"] == first
    assert rescheduled["data"]["startTime"] == second
    (gone,) = receiver.read("booking.cancelled")
    assert gone["data"]["reason"] == "ill"
    assert gone["data"]["cancelledBy"] == "host"

    detail = await host.call("GET", path)
    assert [line["type"] for line in detail.body["history"]] == [
        "created",
        "rescheduled",
        "cancelled",
    ]


async def test_the_public_endpoint_books_without_a_key(host: Host) -> None:
    """POST /api/bookings names the event type by its id."""
    listed = await host.call("GET", "/api/v1/event-types")
    start, *_others = await host.slots()
    body = {
        "eventTypeId": listed.body["data"][0]["id"],
        "startTime": start,
        "inviteeName": "Zoë Invitee",
        "inviteeEmail": "zoe@example.com",
        "inviteeTimezone": "Europe/Berlin",
    }
    url = host.stack.file.gateway + "/api/bookings"
    async with host.http.post(url, json=body) as response:
        assert response.status == 201
        booking_id = (await response.json())["bookingId"]
    detail = await host.call("GET", f"/api/v1/bookings/{booking_id}")
    assert detail.status == 200
