"""Many lists at once: a host whom everybody asks for is in nobody else's way."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest

from linktime_availability.turns import HostTurns
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.errors import Unavailable
from linktime_common.timezones import zone

FIRST = date(2026, 3, 3)
LAST = FIRST + timedelta(days=61)
CROWD = 60
LONGEST = {"duration_minutes": 5, "slot_interval_minutes": 5, "max_days_in_advance": 90}


async def starts(world: Any, event_type: Any, **deps: Any) -> list[str]:
    _, slots = await list_slots(
        host_id=event_type.host_id,
        slug=event_type.slug,
        zone=zone("Europe/Berlin"),
        first=FIRST,
        last=LAST,
        deps=replace(world.deps, **deps),
    )
    return [row["startTime"] for row in orjson.loads(slots)]


async def test_another_hosts_list_does_not_queue_behind_a_crowds(world: Any) -> None:
    """The longest lists of one host were asked for first, and the other host's is not the last."""
    besieged, host = await world.host(), await world.host()
    longest = await world.event_type(besieged.id, **LONGEST)
    ordinary = await world.event_type(host.id)
    await asyncio.gather(*[starts(world, ordinary) for _ in range(4)])  # connections are open now
    answered: list[Any] = []

    async def ask(event_type: Any) -> None:
        assert await starts(world, event_type)
        answered.append(event_type.id)

    await asyncio.gather(*[ask(longest) for _ in range(CROWD)], ask(ordinary))
    assert answered.count(longest.id) == CROWD
    assert answered.index(ordinary.id) < CROWD // 2


async def test_few_lists_of_a_host_are_made_at_once(world: Any) -> None:
    """Who would wait too long is refused; other hosts, and those who book, do not wait."""
    besieged, host = await world.host(), await world.host()
    wanted, others = await world.event_type(besieged.id), await world.event_type(host.id)
    turns = HostTurns(wait_seconds=0)
    async with turns.listing(besieged.id), turns.listing(besieged.id):
        with pytest.raises(Unavailable):
            await starts(world, wanted, turns=turns)
        assert await starts(world, others, turns=turns)
        booked = await world.reserve(wanted, datetime.fromisoformat("2026-03-03T09:00:00Z"))
        assert isinstance(booked, Reservation)
    assert await starts(world, wanted, turns=turns)


async def test_ones_own_booking_is_never_listed_again(world: Any) -> None:
    """Whatever is remembered of earlier lists, each is made from what is booked now."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    free = await starts(world, event_type)
    for start in (free[5], free[700]):
        await world.held(event_type, datetime.fromisoformat(start))
        free.remove(start)
        assert await starts(world, event_type) == free
