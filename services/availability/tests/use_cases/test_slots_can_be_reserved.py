"""Exactly the listed slots can be reserved."""

import random
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.timezones import zone

from .random_rules import FIRST, FIVE_MINUTES, LAST, draw_rules, draw_schedule


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
