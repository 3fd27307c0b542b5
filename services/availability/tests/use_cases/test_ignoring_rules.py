"""A host may ignore the rules, but no clash."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.time_off import TimeOff
from linktime_availability.store import time_off
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.ids import new_id

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
TEN = NOW + 2 * HOUR
OFFICE = Schedule("UTC", {day: (Window(540, 1020),) for day in range(5)})


@pytest.fixture
async def event_type(world: Any) -> Any:
    """One of a host with office hours, with every limit reached today."""
    world.clock.instant = NOW
    host = await world.host(schedule=OFFICE)
    limits = {"daily_limit": 1, "weekly_limit": 1, "monthly_limit": 1}
    event_type = await world.event_type(
        host.id, minimum_notice_minutes=60, max_days_in_advance=7, buffer_after=10, **limits
    )
    await world.held(event_type, TEN)
    return event_type


async def rule_of(world: Any, event_type: Any, start: datetime, **changes: Any) -> str | None:
    answer = await world.reserve(event_type, start, **changes)
    return answer.rule if isinstance(answer, RefusedReservation) else None


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        (NOW + 12 * HOUR, "outside_hours"),
        (NOW + 3 * HOUR + 7 * MINUTE, "not_on_grid"),
        (NOW + 90 * MINUTE - HOUR, "notice"),
        (NOW + 20 * DAY, "horizon"),
        (TEN + 4 * HOUR, "daily_limit"),
        (TEN + DAY, "weekly_limit"),
        (TEN + 7 * DAY, "monthly_limit"),
        (TEN + 5 * DAY, "outside_hours"),
    ],
)
async def test_rules_are_skipped(world: Any, event_type: Any, start: datetime, rule: str) -> None:
    """Hours, grid, notice, horizon and limits; also for a move."""
    assert await rule_of(world, event_type, start) == rule
    held = await world.held(event_type, start, ignore_rules=True)
    assert await rule_of(
        world, event_type, start + 25 * MINUTE, booking_id=held.booking_id, reschedule_minutes=30
    ) in {rule, "not_on_grid"}
    moved = await world.reserve(
        event_type,
        start + 25 * MINUTE,
        booking_id=held.booking_id,
        reschedule_minutes=30,
        ignore_rules=True,
    )
    assert isinstance(moved, Reservation)


async def test_time_off_is_skipped(world: Any, event_type: Any) -> None:
    """As the hours are."""
    since = TEN + 14 * DAY
    off = TimeOff.ranging(
        since, since + DAY, id=new_id(), host_id=event_type.host_id, name="Holidays"
    )
    async with world.database.transaction() as connection:
        await time_off.insert(connection, off)
    assert isinstance(await world.reserve(event_type, since, ignore_rules=True), Reservation)


async def test_clash_is_refused(world: Any, event_type: Any) -> None:
    """Another booking, its buffer, the past, and what is further ahead than any horizon."""
    for start, rule in (
        (TEN, "busy"),
        (TEN + 29 * MINUTE, "busy"),
        (TEN + 35 * MINUTE, "buffer"),
        (NOW - MINUTE, "notice"),
        (NOW + 732 * DAY, "horizon"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "horizon"),
        (datetime(1, 1, 1, 1, tzinfo=UTC), "notice"),
    ):
        assert await rule_of(world, event_type, start, ignore_rules=True) == rule, start
    assert isinstance(
        await world.reserve(event_type, NOW + 729 * DAY, ignore_rules=True), Reservation
    )


async def test_archived_event_type(world: Any) -> None:
    """It takes no new bookings, of the host either."""
    archived = await world.event_type((await world.host()).id, active=False)
    with pytest.raises(EventTypeNotFound):
        await world.reserve(archived, world.clock.now() + HOUR, ignore_rules=True)
