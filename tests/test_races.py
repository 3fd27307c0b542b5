"""Concurrent bookings of the same time: the database accepts one.

Each client repeats a 503 with its Idempotency-Key, as docs/api.md advises.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from linktime_common.contracts.wire import format_instant
from linktime_local.testing.waiting import eventually
from tests.hosts import Answer, Host, rows
from tests.receiver import Receiver

CONFIRMED = "SELECT count(*) FROM bookings WHERE host_id = $1 AND status = 'CONFIRMED'"
CREATED = (
    "SELECT count(*) FROM outbox WHERE routing_key = 'booking.created.v1'"
    " AND position($1 IN convert_from(envelope, 'UTF8')) > 0"
)
LIVE = "SELECT count(*) FROM reservations WHERE host_id = $1 AND status <> 'freed'"


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def later(start: str, minutes: int) -> str:
    return format_instant(datetime.fromisoformat(start) + timedelta(minutes=minutes))


async def test_two_hundred_want_one_slot(host: Host, receiver: Receiver) -> None:
    """Exactly one 201, the rest 409, one row, one event, one reservation."""
    await host.subscribe(receiver.url, "booking.created")
    start, *_others = await host.slots()
    answers = await asyncio.gather(*(host.book_until_decided(start) for _ in range(200)))
    assert statuses(answers) == {201: 1, 409: 199}
    assert await rows(host.stack, "bookings", CONFIRMED, host.id) == [(1,)]
    assert await rows(host.stack, "bookings", CREATED, str(host.id)) == [(1,)]
    assert await rows(host.stack, "availability", LIVE, host.id) == [(1,)]
    await eventually(receiver.read, what="the webhook")
    assert len(receiver.read()) == 1


async def test_overlapping_slots_of_two_event_types(host: Host) -> None:
    """A half hour and an hour of one host that overlap compete."""
    long = await host.add_event_type(durationMinutes=60, slotIntervalMinutes=30)
    start = (await host.slots())[10]
    wanted = [
        host.book_until_decided(start)
        if number % 2
        else host.book_until_decided(later(start, -30), slug=long)
        for number in range(60)
    ]
    answers = await asyncio.gather(*wanted)
    assert statuses(answers) == {201: 1, 409: 59}
    assert await rows(host.stack, "bookings", CONFIRMED, host.id) == [(1,)]


async def test_everybody_moves_to_one_slot(host: Host) -> None:
    """Twenty bookings, one new time: one is moved, the others stay unchanged."""
    free = await host.slots()
    booked = await asyncio.gather(*(host.book_until_decided(start) for start in free[:20]))
    assert statuses(booked) == {201: 20}
    target = {"newStartTime": free[30]}
    moves = await asyncio.gather(
        *(
            host.call_until_decided(
                "POST", f"/api/v1/bookings/{one.body['bookingId']}/reschedule", target
            )
            for one in booked
        )
    )
    assert statuses(moves) == {200: 1, 409: 19}
    listed = await host.call("GET", "/api/v1/bookings?limit=100")
    starts = Counter(one["startTime"] for one in listed.body["data"])
    assert starts[free[30]] == 1
    assert set(starts.values()) == {1}
    assert await rows(host.stack, "availability", LIVE, host.id) == [(20,)]


async def test_a_booking_moved_and_cancelled_at_once(host: Host) -> None:
    """Whichever wins, the held time in the end is that of the booking."""
    free = await host.slots()
    for first, second in zip(free[0:20:2], free[1:20:2], strict=True):
        booked = await host.book(first)
        path = f"/api/v1/bookings/{booked.body['bookingId']}"
        answers = await asyncio.gather(
            host.call_until_decided("POST", f"{path}/reschedule", {"newStartTime": second}),
            host.call_until_decided("POST", f"{path}/cancel"),
        )
        assert set(statuses(answers)) <= {200, 409}
        assert answers[1].status == 200

    async def nothing_held() -> bool:
        return await rows(host.stack, "availability", LIVE, host.id) == [(0,)]

    await eventually(nothing_held, what="every reservation freed")
    assert set(free[:20]) <= set(await host.slots())


async def test_a_daily_limit_of_one(host: Host) -> None:
    """Sixteen at once for different free slots of one day: one succeeds."""
    limited = await host.add_event_type(dailyLimit=1)
    day = (await host.slots(slug=limited))[0][:10]
    same_day = [start for start in await host.slots(slug=limited) if start.startswith(day)]
    answers = await asyncio.gather(
        *(host.book_until_decided(start, slug=limited) for start in same_day[:16])
    )
    assert statuses(answers) == {201: 1, 409: 15}
    left = [start for start in await host.slots(slug=limited) if start.startswith(day)]
    assert left == []


async def test_every_listed_slot_can_be_booked_and_no_other(host: Host) -> None:
    """Through HTTP: 201 for listed ones; 409 between, before and beyond them."""
    slug = await host.add_event_type(
        durationMinutes=45, slotIntervalMinutes=60, bufferBefore=10, bufferAfter=5
    )
    listed = await host.slots(slug=slug, days=1)
    for start in listed[:5]:
        assert (await host.book(later(start, 7), slug=slug)).status == 409
        assert (await host.book(start, slug=slug)).status == 201
        assert (await host.book(start, slug=slug)).status == 409
    assert not set(listed[:5]) & set(await host.slots(slug=slug, days=1))
    for outside in ("2020-01-01T10:00:00Z", "2199-01-01T10:00:00Z"):
        assert (await host.book(outside, slug=slug)).status == 409


async def test_the_same_key_at_once_books_once(host: Host) -> None:
    """Concurrent repeats with one Idempotency-Key get one booking and one response."""
    start, *_others = await host.slots()
    body = {
        "eventTypeSlug": host.event_type,
        "startTime": start,
        "inviteeName": "Zoë",
        "inviteeEmail": "zoe@example.com",
        "inviteeTimezone": "UTC",
    }
    key = "once-only"
    answers = await asyncio.gather(
        *(host.call_until_decided("POST", "/api/v1/bookings", body, key=key) for _ in range(10))
    )
    assert statuses(answers) == {201: 10}
    assert len({answer.body["bookingId"] for answer in answers}) == 1
    other = await host.call_until_decided(
        "POST", "/api/v1/bookings", body | {"inviteeName": "Max"}, key=key
    )
    assert other.status == 422
