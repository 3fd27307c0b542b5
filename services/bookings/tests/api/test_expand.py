"""`expand=booking`: the booking in the answers to writes."""

from typing import Any

import pytest
from services.bookings.tests.calls import Caller, booking_request, slot, wire
from services.bookings.tests.fakes import EventType

EXPAND = "?expand=booking"


async def seen_by(host: Caller, booking_id: str) -> dict[str, Any]:
    """Return the booking as lists show it: what `expand` adds."""
    listed = (await host.get("")).body["data"]
    return next(dict(one) for one in listed if one["id"] == booking_id)


async def test_the_host_gets_the_booking_as_it_is_after_the_write(host: Caller) -> None:
    """After booking, moving (also to its present start) and cancelling."""
    made = await host.post(EXPAND, booking_request(slot(0), notes="Bring the plan"))
    booking_id = made.body["bookingId"]
    assert (made.status, made.body["booking"]) == (201, await seen_by(host, booking_id))
    for number in (2, 2):
        body = {"newStartTime": wire(slot(number))}
        moved = await host.post(f"/{booking_id}/reschedule{EXPAND}", body)
        wanted = {"success": True, "booking": await seen_by(host, booking_id)}
        assert (moved.status, moved.body) == (200, wanted)
        assert moved.body["booking"]["startTime"] == wire(slot(number))
    cancelled = await host.post(f"/{booking_id}/cancel?expand=BOOKING", {"reason": "Ill"})
    wanted = {"success": True, "booking": await seen_by(host, booking_id)}
    assert (cancelled.status, cancelled.body) == (200, wanted)
    assert cancelled.body["booking"]["cancellationReason"] == "Ill"


async def test_the_invitee_gets_what_the_link_shows(host: Caller, event_type: EventType) -> None:
    """With the host, without what only the host sees."""
    body = booking_request(slot(0))
    del body["eventTypeSlug"]
    body["eventTypeId"] = str(event_type.id)
    made = (await host.public("POST", f"/api/bookings{EXPAND}", body)).body
    path = f"/api/public/bookings/{made['manageUrl'].rpartition('/')[2]}"
    assert made["booking"] == (await host.public("GET", path, None)).body
    move = {"newStartTime": wire(slot(2))}
    moved = (await host.public("POST", f"{path}/reschedule{EXPAND}", move)).body
    assert moved["booking"] == (await host.public("GET", path, None)).body
    cancelled = (await host.public("POST", f"{path}/cancel{EXPAND}", {})).body
    assert cancelled["booking"] == (await host.public("GET", path, None)).body
    assert cancelled["booking"]["status"] == "CANCELLED"


async def test_without_it_answers_are_as_before(host: Caller) -> None:
    made = await host.book(slot(0))
    assert set(made.body) == {"bookingId"}
    cancelled = await host.post(f"/{made.body['bookingId']}/cancel", {})
    assert cancelled.body == {"success": True}


async def test_a_repeat_gets_the_first_booking(host: Caller) -> None:
    """As it was then, whether the repeat asks for it or not."""
    booking_id = await host.booked(slot(0))
    body = {"newStartTime": wire(slot(2))}
    first = await host.post(f"/{booking_id}/reschedule{EXPAND}", body, key="m")
    ended = await host.post(f"/{booking_id}/cancel{EXPAND}", {}, key="c")
    for expand in (EXPAND, ""):
        repeat = await host.post(f"/{booking_id}/reschedule{expand}", body, key="m")
        assert (repeat.body, repeat.headers["Idempotent-Replayed"]) == (first.body, "true")
        repeat = await host.post(f"/{booking_id}/cancel{expand}", {}, key="c")
        assert repeat.body == ended.body
    assert first.body["booking"]["status"] == "CONFIRMED"
    assert ended.body["booking"]["status"] == "CANCELLED"


@pytest.mark.parametrize("word", ["contact", "booking,contact", ""])
async def test_another_word_is_refused(host: Caller, word: str) -> None:
    """400 naming the parameter, and nothing is booked."""
    reply = await host.post(f"?expand={word}", booking_request(slot(0)))
    assert (reply.status, list(reply.body["details"])) == (400, ["expand"])
    assert (await host.get("")).body["data"] == []
