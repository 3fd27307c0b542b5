"""Concurrent lists: many requests for one host do not delay those for others."""

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


async def test_lists_of_hosts_are_independent(world: Any) -> None:
    """A list of another host finishes among many long lists requested before it."""
    busy, host = await world.host(), await world.host()
    longest = await world.event_type(busy.id, **LONGEST)
    ordinary = await world.event_type(host.id)
    await asyncio.gather(*[starts(world, ordinary) for _ in range(4)])  # connections are open now
    answered: list[Any] = []

    async def ask(event_type: Any) -> None:
        assert await starts(world, event_type)
        answered.append(event_type.id)

    await asyncio.gather(*[ask(longest) for _ in range(CROWD)], ask(ordinary))
    assert answered.count(longest.id) == CROWD
    assert answered.index(ordinary.id) < CROWD // 2


async def test_concurrent_lists_of_a_host_are_limited(world: Any) -> None:
    """More are refused after the time limit; other hosts and reserve requests do not wait."""
    busy, host = await world.host(), await world.host()
    wanted, others = await world.event_type(busy.id), await world.event_type(host.id)
    turns = HostTurns(wait_seconds=0)
    async with turns.listing(busy.id), turns.listing(busy.id):
        with pytest.raises(Unavailable):
            await starts(world, wanted, turns=turns)
        assert await starts(world, others, turns=turns)
        booked = await world.reserve(wanted, datetime.fromisoformat("2026-03-03T09:00:00Z"))
        assert isinstance(booked, Reservation)
    assert await starts(world, wanted, turns=turns)


async def test_reserved_slot_is_not_listed(world: Any) -> None:
    """Cached rows of earlier lists do not hide new bookings."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    free = await starts(world, event_type)
    for start in (free[5], free[700]):
        await world.held(event_type, datetime.fromisoformat(start))
        free.remove(start)
        assert await starts(world, event_type) == free
