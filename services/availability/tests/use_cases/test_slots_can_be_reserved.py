"""Exactly the listed slots can be reserved."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.timezones import zone

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
FIVE_MINUTES = timedelta(minutes=5)
FIRST, LAST = date(2026, 3, 7), date(2026, 3, 9)  # New York's clocks change on the 8th


def draw_schedule(dice: random.Random) -> Schedule:
    def hours() -> tuple[Window, ...]:
        start = dice.randrange(0, 1200, 15)
        return (Window(start, dice.randrange(start + 60, 1500, 30) % 1440),)

    weekly = {day: hours() for day in range(7) if dice.random() < 0.8}
    overrides = {FIRST + timedelta(days=dice.randrange(3)): hours() if dice.random() < 0.5 else ()}
    return Schedule(dice.choice(ZONES), weekly, overrides)


def draw_rules(dice: random.Random) -> dict[str, Any]:
    return {
        "duration_minutes": dice.choice((15, 30, 50, 120)),
        "slot_interval_minutes": dice.choice((10, 15, 30, 60)),
        "buffer_before": dice.choice((0, 0, 10, 45)),
        "buffer_after": dice.choice((0, 0, 15, 90)),
        "minimum_notice_minutes": dice.choice((0, 60, 3000)),
        "max_days_in_advance": dice.choice((2, 7, 60)),
        "daily_limit": dice.choice((None, None, 1, 2)),
    }


async def listed(world: Any, event_type: Any) -> list[datetime]:
    _, slots = await list_slots(
        host_id=event_type.host_id,
        slug=event_type.slug,
        zone=zone("UTC"),
        first=FIRST,
        last=LAST,
        deps=world.deps,
    )
    return [datetime.fromisoformat(row["startTime"]) for row in orjson.loads(slots)]


@pytest.mark.parametrize("seed", range(12))
async def test_the_list_and_the_reserve_agree(world: Any, seed: int) -> None:
    """With random hours and rules, and bookings of two event types."""
    dice = random.Random(seed)
    world.clock.instant = datetime(2026, 3, 6, 9, 7, tzinfo=UTC)
    host = await world.host(schedule=draw_schedule(dice))
    event_type = await world.event_type(host.id, **draw_rules(dice))
    other = await world.event_type(host.id, **draw_rules(dice))
    for crowd in (event_type, other):
        for start in dice.sample(offered := await listed(world, crowd), min(3, len(offered))):
            await world.reserve(crowd, start)
    free = await listed(world, event_type)
    midnight = datetime(2026, 3, 7, tzinfo=UTC)
    tried = [midnight + dice.randrange(3 * 288) * FIVE_MINUTES for _ in range(20)]
    for start in {*tried, *dice.sample(free, min(8, len(free)))}:
        answer = await world.reserve(event_type, start)
        wanted = Reservation if start in free else RefusedReservation
        assert isinstance(answer, wanted), (seed, start, answer)
        if isinstance(answer, Reservation):
            await free_reservation(answer.reservation_id, world.deps)
    assert await listed(world, event_type) == free
