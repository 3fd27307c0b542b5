"""Slots of a booking that is to be moved: for its host, and for the bookings service."""

from datetime import datetime, timedelta
from typing import Any

from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .slot_lists import slots

HOUR = timedelta(hours=1)


def starts(body: Any) -> list[str]:
    return [row["startTime"] for row in body["data"]]


def wire(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


async def test_slots_of_a_booking(world: Any, service: Running, tomorrow: datetime) -> None:
    """Its own time is listed, with its own duration; the list without it is as before."""
    host = await world.host()
    event_type = await world.event_type(host.id, duration_minutes=60, slot_interval_minutes=15)
    world.clock.instant = tomorrow - HOUR
    booked = await world.held(event_type, tomorrow)
    query = {"timezone": "UTC", "startDate": str(tomorrow.date()), "endDate": str(tomorrow.date())}
    status, general = await slots(service, host.id, event_type.slug, **query)
    later = wire(tomorrow + HOUR / 4)
    assert (status, later in starts(general)) == (200, False)
    of_move = {**query, "bookingId": str(booked.booking_id)}
    for _ in range(2):  # what is cached of one list is not used for the other
        status, own = await slots(service, host.id, event_type.slug, **of_move)
        assert (status, later in starts(own)) == (200, True)
        assert set(own) == {"data", "eventType", "timezone"}
        assert own["eventType"]["durationMinutes"] == 60
        assert await slots(service, host.id, event_type.slug, **query) == (200, general)


async def test_refusals(world: Any, service: Running, tomorrow: datetime) -> None:
    """Unknown, malformed, another host's, or of another event type: 404. Cancelled: 409."""
    host, other = await world.host(), await world.host()
    event_type, second = await world.event_type(host.id), await world.event_type(host.id)
    others = await world.event_type(other.id)
    world.clock.instant = tomorrow - HOUR
    booked = await world.held(event_type, tomorrow)
    for host_id, slug, booking_id in (
        (host.id, event_type.slug, new_id()),
        (host.id, event_type.slug, "nothing"),
        (host.id, event_type.slug, ""),
        (host.id, event_type.slug, f"{{{booked.booking_id}}}"),
        (host.id, second.slug, booked.booking_id),
        (host.id, "A b", booked.booking_id),
        (other.id, others.slug, booked.booking_id),
    ):
        status, body = await slots(
            service, host_id, slug, timezone="UTC", bookingId=str(booking_id)
        )
        assert (status, body) == (
            404,
            {"error": "Booking not found", "code": "booking_not_found"},
        ), (slug, booking_id)
    await free_reservation(booked.reservation_id, world.deps)
    status, body = await slots(
        service, host.id, event_type.slug, timezone="UTC", bookingId=str(booked.booking_id)
    )
    assert (status, body) == (
        409,
        {"error": "This booking is already cancelled", "code": "already_cancelled"},
    )


async def test_ended_booking(world: Any, service: Running) -> None:
    """409, as a move is."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    booked = await world.held(event_type, world.clock.instant + HOUR)  # months ago
    status, body = await slots(
        service, host.id, event_type.slug, timezone="UTC", bookingId=str(booked.booking_id)
    )
    assert (status, body) == (
        409,
        {"error": "This booking has already ended", "code": "booking_ended"},
    )


async def test_bookings_names_the_booking(world: Any, service: Running, tomorrow: datetime) -> None:
    """The internal route takes what a move reserves with; an archived type answers."""
    host = await world.host()
    event_type = await world.event_type(host.id, active=False)
    day = str(tomorrow.date())
    body = {
        "bookingId": str(new_id()),
        "hostId": str(host.id),
        "eventTypeId": str(event_type.id),
        "rescheduleMinutes": 45,
        "timezone": "Europe/Berlin",
        "startDate": day,
        "endDate": day,
    }

    async def ask(**changes: str) -> tuple[int, Any]:
        async with service.session.post(
            f"{service.internal_url}/internal/slots",
            headers=service.identity(CallerKind.SERVICE, issuer="bookings"),
            json=body | changes,
        ) as response:
            return response.status, await response.json()

    status, found = await ask()
    assert status == 200
    assert found["eventType"]["durationMinutes"] == 45
    first = found["data"][0]
    length = datetime.fromisoformat(first["endTime"]) - datetime.fromisoformat(first["startTime"])
    assert (first["date"], length) == (day, timedelta(minutes=45))
    assert (await ask(hostId=str(new_id())))[0] == 404
