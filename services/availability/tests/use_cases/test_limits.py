"""Limits for each week and month: what was booked in the whole period counts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from linktime_availability.store import host_lock, reservations
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.timezones import zone
from linktime_local.testing.waiting import eventually

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Monday, and the first and last dates of a month of 31 days.
FIRST, LAST = datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 7, 31, 10, tzinfo=UTC)
WAITING = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def listed(world: Any, event_type: Any, day: datetime) -> int:
    _, slots = await list_slots(
        host_id=event_type.host_id,
        slug=event_type.slug,
        zone=zone("UTC"),
        first=day.date(),
        last=day.date(),
        deps=world.deps,
    )
    return len(orjson.loads(slots))


@pytest.mark.parametrize(
    ("limit", "booked", "same", "other"),
    [
        ("weekly_limit", FIRST, FIRST + 6 * DAY, FIRST + 7 * DAY),
        ("weekly_limit", FIRST + 6 * DAY, FIRST, FIRST - DAY),
        ("monthly_limit", LAST, LAST - 30 * DAY, LAST + DAY),
        ("monthly_limit", LAST - 30 * DAY, LAST, LAST - 31 * DAY),
    ],
)
async def test_whole_period_counts(
    world: Any, limit: str, booked: datetime, same: datetime, other: datetime
) -> None:
    """From its first to its last date; the list and the reservation agree."""
    world.clock.instant = FIRST - 10 * DAY
    host = await world.host()
    event_type = await world.event_type(host.id, max_days_in_advance=365, **{limit: 1})
    await world.held(event_type, booked)
    refused = await world.reserve(event_type, same)
    assert isinstance(refused, RefusedReservation)
    assert refused.rule == limit
    assert await listed(world, event_type, same) == 0
    assert await listed(world, event_type, other) == 48
    assert isinstance(await world.reserve(event_type, other), Reservation)


async def test_past_dates_of_the_period_count(world: Any) -> None:
    """A booking of the first of the month counts on the last."""
    world.clock.instant = LAST - 31 * DAY
    host = await world.host()
    event_type = await world.event_type(host.id, monthly_limit=1)
    await world.held(event_type, LAST - 30 * DAY)
    world.clock.instant = LAST - DAY
    assert (await world.reserve(event_type, LAST)).rule == "monthly_limit"


async def test_commit_of_another_process_far_away_is_seen(world: Any) -> None:
    """The offer is read again under the lock if a reservation of the same month was added."""
    world.clock.instant = FIRST - 10 * DAY
    host = await world.host()
    event_type = await world.event_type(host.id, max_days_in_advance=365, monthly_limit=1)
    elsewhere = await world.held(event_type, LAST)
    async with world.database.connection() as connection:
        await connection.execute("DELETE FROM reservations WHERE id = $1", elsewhere.reservation_id)
    async with world.database.transaction() as other:
        await host_lock.take(other, host.id)
        asked = asyncio.ensure_future(world.reserve(event_type, LAST - 30 * DAY))

        async def waits() -> bool:
            async with world.database.connection() as connection:
                return bool(await connection.fetchval(WAITING))

        await eventually(waits)
        await reservations.insert_held(other, elsewhere, hold_seconds=60)
    answer = await asked
    assert isinstance(answer, RefusedReservation)
    assert answer.rule == "monthly_limit"
    assert await world.live(host.id) == 1


async def test_what_bookings_decides_is_part_of_the_reservation(world: Any) -> None:
    """The limit for each invitee, and how late invitees may change the booking."""
    host = await world.host()
    event_type = await world.event_type(host.id, max_active_per_invitee=3, change_notice_minutes=90)
    held = await world.held(event_type, world.clock.now() + HOUR)
    assert (held.max_active_per_invitee, held.change_notice_minutes) == (3, 90)
