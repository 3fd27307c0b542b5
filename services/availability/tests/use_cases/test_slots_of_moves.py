"""The starts to which a booking can be moved: listed and reserved by the same rules."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest

from linktime_availability.domain.errors import (
    BookingAlreadyCancelled,
    BookingEnded,
    BookingNotFound,
    EventTypeNotFound,
)
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.store import event_types
from linktime_availability.use_cases.find_move import find_move
from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.ids import new_id
from linktime_common.timezones import zone

from .random_rules import FIRST, FIVE_MINUTES, LAST, draw_rules, draw_schedule

DAY = date(2026, 3, 4)
OFFICE = Schedule("UTC", dict.fromkeys(range(7), (Window(540, 1020),)))


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}Z")


async def listed(
    world: Any, booked: Reservation, *, first: date = DAY, last: date = DAY
) -> list[datetime]:
    """Return the starts to which the host can move the booking."""
    move = await find_move(booked.host.id, booked.booking_id, world.deps)
    _, slots = await list_slots(
        host_id=booked.host.id,
        slug=None,
        zone=zone("UTC"),
        first=first,
        last=last,
        deps=world.deps,
        move=move,
    )
    return [datetime.fromisoformat(row["startTime"]) for row in orjson.loads(slots)]


async def moved(world: Any, event_type: Any, booked: Reservation, start: datetime) -> Any:
    """Reserve a new time as bookings does for a move; it is free again afterwards."""
    minutes = (booked.end_time - booked.start_time) // timedelta(minutes=1)
    answer = await world.reserve(
        event_type, start, booking_id=booked.booking_id, reschedule_minutes=minutes
    )
    if isinstance(answer, Reservation):
        await free_reservation(answer.reservation_id, world.deps)
    return answer


async def change(world: Any, event_type: Any, **rules: Any) -> None:
    changed = replace(event_type, rules=replace(event_type.rules, **rules))
    async with world.database.connection() as connection:
        await event_types.update(connection, changed)


async def test_own_time_does_not_block(world: Any) -> None:
    """An hour at 10:00, every quarter of an hour: 10:15 is listed, and so is 10:00 itself."""
    host = await world.host(schedule=OFFICE)
    event_type = await world.event_type(host.id, duration_minutes=60, slot_interval_minutes=15)
    booked = await world.held(event_type, at("10:00"))
    free = await listed(world, booked)
    assert {at("09:15"), at("10:00"), at("10:15"), at("10:45")} <= set(free)
    assert isinstance(await moved(world, event_type, booked, at("10:15")), Reservation)


async def test_own_duration_counts(world: Any) -> None:
    """A type that was shortened from an hour to half an hour: 16:00 is the last start."""
    host = await world.host(schedule=OFFICE)
    event_type = await world.event_type(host.id, duration_minutes=60, slot_interval_minutes=30)
    booked = await world.held(event_type, at("10:00"))
    await change(world, event_type, duration_minutes=30)
    assert (await listed(world, booked))[-1] == at("16:00")
    refused = await moved(world, event_type, booked, at("16:30"))
    assert refused.rule == "outside_hours"


async def test_archived_event_type(world: Any) -> None:
    """It takes no bookings, but its bookings can be moved, and where to is listed."""
    host = await world.host(schedule=OFFICE)
    event_type = await world.event_type(host.id)
    booked = await world.held(event_type, at("10:00"))
    await change(world, event_type, active=False)
    assert at("10:30") in await listed(world, booked)
    with pytest.raises(EventTypeNotFound):
        await list_slots(
            host_id=host.id,
            slug=event_type.slug,
            zone=zone("UTC"),
            first=DAY,
            last=DAY,
            deps=world.deps,
        )


async def test_does_not_count_against_the_daily_limit(world: Any) -> None:
    """Its date is full for others, and open for the booking itself."""
    host = await world.host(schedule=OFFICE)
    event_type = await world.event_type(host.id, daily_limit=1)
    booked = await world.held(event_type, at("10:00"))
    other = await world.held(event_type, at("10:00", LAST))
    assert at("11:00") in await listed(world, booked)
    assert await listed(world, other) == []


async def test_cancelled_ended_and_unknown_bookings(world: Any) -> None:
    """The same refusals as of a move; another host's booking is unknown."""
    host, other = await world.host(), await world.host()
    event_type = await world.event_type(host.id)
    cancelled = await world.held(event_type, at("10:00"))
    await free_reservation(cancelled.reservation_id, world.deps)
    booked = await world.held(event_type, at("11:00"))
    cases = [
        (host.id, cancelled.booking_id, BookingAlreadyCancelled),
        (host.id, new_id(), BookingNotFound),
        (host.id, None, BookingNotFound),
        (other.id, booked.booking_id, BookingNotFound),
        (other.id, cancelled.booking_id, BookingNotFound),
    ]
    for host_id, booking_id, refusal in cases:
        with pytest.raises(refusal):
            await find_move(host_id, booking_id, world.deps)
    world.clock.instant = booked.end_time
    with pytest.raises(BookingEnded):
        await find_move(host.id, booked.booking_id, world.deps)


async def test_booking_that_was_moved(world: Any) -> None:
    """Its freed reservation does not make it a cancelled one."""
    host = await world.host(schedule=OFFICE)
    event_type = await world.event_type(host.id)
    before = await world.held(event_type, at("10:00"))
    await world.held(event_type, at("11:00"), booking_id=before.booking_id, reschedule_minutes=30)
    await free_reservation(before.reservation_id, world.deps)
    assert at("11:00") in await listed(world, before)


@pytest.mark.parametrize("seed", range(8))
async def test_list_and_move_agree(world: Any, seed: int) -> None:
    """With random hours and rules, which change after the booking was made."""
    dice = random.Random(seed)
    world.clock.instant = at("09:07", FIRST - timedelta(days=1))
    host = await world.host(schedule=draw_schedule(dice))
    event_type = await world.event_type(host.id, duration_minutes=50, slot_interval_minutes=10)
    other = await world.event_type(host.id, slot_interval_minutes=10)
    _, offered = await list_slots(
        host_id=host.id, slug=event_type.slug, zone=zone("UTC"), first=FIRST, last=LAST,
        deps=world.deps,
    )  # fmt: skip
    starts = [datetime.fromisoformat(row["startTime"]) for row in orjson.loads(offered)]
    booked = await world.held(event_type, dice.choice(starts))
    for start in dice.sample(starts, 4):
        await world.reserve(dice.choice((event_type, other)), start)
    await change(world, event_type, **draw_rules(dice))
    free = set(await listed(world, booked, first=FIRST, last=LAST))
    tried = [at("00:00", FIRST) + dice.randrange(3 * 288) * FIVE_MINUTES for _ in range(20)]
    around = [booked.start_time + step * FIVE_MINUTES for step in (-6, -2, 0, 2, 6)]
    for start in {*tried, *around, *dice.sample(sorted(free), min(8, len(free)))}:
        answer = await moved(world, event_type, booked, start)
        wanted = Reservation if start in free else RefusedReservation
        assert isinstance(answer, wanted), (seed, start, answer)
