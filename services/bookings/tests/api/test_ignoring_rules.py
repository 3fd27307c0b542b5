"""`ignoreRules`: the host books and moves without regard to the rules of the event type."""

from typing import Any

from services.bookings.tests.calls import Caller, booking_request, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability

from linktime_common.identity import CallerKind


async def history(host: Caller, booking_id: str) -> list[tuple[str, bool]]:
    body = (await host.get(f"/{booking_id}")).body
    return [(line["type"], line["ignoredRules"]) for line in body["history"]]


def ignored(availability: FakeAvailability) -> list[bool]:
    """Return what availability was asked, in order."""
    return [held.body.ignore_rules for held in availability.reservations.values() if held.body]


async def session(host: Caller, path: str, body: Any) -> Any:
    headers = host.service.identity(CallerKind.SESSION, subject=host.host_id)
    url = f"{host.service.url}/dashboard/api/bookings{path}"
    async with host.service.session.post(url, headers=headers, json=body) as response:
        return response.status, await response.json()


async def test_host_books_and_moves(host: Caller, availability: FakeAvailability) -> None:
    """It is passed on and written into the history."""
    booking_id = await host.booked(slot(0), ignoreRules=True)
    body = {"newStartTime": wire(slot(2))}
    assert (await host.post(f"/{booking_id}/reschedule", body)).status == 200
    body = {"newStartTime": wire(slot(4)), "ignoreRules": True}
    assert (await host.post(f"/{booking_id}/reschedule", body)).status == 200
    assert ignored(availability) == [True, False, True]
    assert await history(host, booking_id) == [
        ("created", True),
        ("rescheduled", False),
        ("rescheduled", True),
    ]


async def test_dashboard(host: Caller, availability: FakeAvailability) -> None:
    """It books and moves in the same way."""
    status, made = await session(host, "", booking_request(slot(0), ignoreRules=True))
    assert status == 201
    body = {"newStartTime": wire(slot(2)), "ignoreRules": True}
    status, _ = await session(host, f"/{made['bookingId']}/reschedule", body)
    assert status == 200
    assert ignored(availability) == [True, True]


async def test_a_clash_is_refused(host: Caller) -> None:
    """Another booking at this time."""
    await host.booked(slot(0))
    assert (await host.book(slot(0), ignoreRules=True)).status == 409


async def test_limit_of_the_invitee_is_skipped(host: Caller, event_type: EventType) -> None:
    """As the other limits are."""
    event_type.max_active_per_invitee = 1
    await host.booked(slot(0))
    assert (await host.book(slot(2))).status == 409
    await host.booked(slot(2), ignoreRules=True)


async def test_invitee_cannot_ignore_rules(host: Caller, event_type: EventType) -> None:
    """The field is unknown in public calls; it must be a boolean."""
    body = booking_request(slot(0), eventTypeId=str(event_type.id), ignoreRules=True)
    del body["eventTypeSlug"]
    reply = await host.public("POST", "/api/bookings", body)
    assert (reply.status, list(reply.body["details"])) == (400, ["ignoreRules"])
    reply = await host.book(slot(0), ignoreRules="true")
    assert (reply.status, list(reply.body["details"])) == (400, ["ignoreRules"])
