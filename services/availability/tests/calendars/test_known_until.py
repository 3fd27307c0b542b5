"""Times for which the calendars of a host are not known yet cannot be booked."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected, free_of

from linktime_availability.calendars.recheck import LimitedRecheck
from linktime_availability.domain.calendars import CalendarPolicy
from linktime_availability.domain.causes import CauseKind
from linktime_availability.domain.event_type import EventType
from linktime_availability.domain.slots import Rule
from linktime_availability.store import event_types
from linktime_availability.use_cases.change_calendars import set_policy
from linktime_availability.use_cases.explain import explain
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_local.servers.caldav import ServerAccount

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose horizon is 60 days, with a generous limit for asking the calendar."""
    patient = replace(world.deps, recheck=LimitedRecheck(30.0))
    return await connected(replace(world, deps=patient), caldav_account)


async def changed(host: Connected, **rules: Any) -> EventType:
    """Change the rules of the host's event type, as the host does."""
    found = host.event_type
    event_type = replace(found, rules=replace(found.rules, **rules))
    async with host.world.database.connection() as connection:
        await event_types.update(connection, event_type)
    return event_type


async def refused(host: Connected, event_type: EventType, start: datetime, **how: Any) -> str:
    answer = await host.world.reserve(event_type, start, **how)
    assert isinstance(answer, RefusedReservation), answer
    return answer.rule


async def test_a_raised_horizon(ada: Connected, tomorrow: datetime) -> None:
    """The new dates are offered when the calendar was read; `explain` names the calendar."""
    far = tomorrow + 90 * DAY
    await ada.put("lunch@example.org", far)
    await ada.sync()
    event_type = await changed(ada, max_days_in_advance=120)
    assert await free_of(ada.world, event_type, far) == []
    assert await refused(ada, event_type, far) == Rule.CALENDAR_UNKNOWN
    assert len(await free_of(ada.world, event_type, tomorrow + 50 * DAY)) == 24
    explained = await explain(
        host_id=ada.host_id, slug=event_type.slug, asked=far.date(), zone=None, deps=ada.world.deps
    )
    assert {row.rule for row in explained.starts} == {Rule.CALENDAR_UNKNOWN}
    cause = explained.starts[0].cause
    assert cause is not None
    assert (cause.kind, cause.id) == (CauseKind.CALENDAR, ada.calendar_id)
    await ada.sync()
    listed = await free_of(ada.world, event_type, far)
    assert len(listed) == 23
    assert "12:00" not in listed
    assert await refused(ada, event_type, far) == Rule.CALENDAR_BUSY


async def test_moves_of_an_archived_event_type(ada: Connected, tomorrow: datetime) -> None:
    """Its horizon counts, although it takes no new bookings."""
    event_type = await changed(ada, max_days_in_advance=200, active=False)
    far = tomorrow + 150 * DAY
    await ada.put("lunch@example.org", far)
    await ada.sync()
    move = {"reschedule_minutes": 60}
    assert await refused(ada, event_type, far, **move) == Rule.CALENDAR_BUSY
    assert isinstance(await ada.world.reserve(event_type, far + HOUR, **move), Reservation)


async def test_a_dead_calendar_and_the_last_known_busy_time(
    ada: Connected, tomorrow: datetime
) -> None:
    """With `fail_open` its end is no limit, also for a host who ignores the rules; a calendar that
    answers still refuses."""
    far = tomorrow + 90 * DAY
    await ada.put("lunch@example.org", far)
    await ada.sync()
    event_type = await changed(ada, max_days_in_advance=120)
    await ada.set_row("synced_at = now() - interval '25 hours'")
    assert await refused(ada, event_type, far) == Rule.CALENDAR_UNKNOWN
    world = ada.world
    await set_policy(ada.host_id, CalendarPolicy.FAIL_OPEN, world.deps, world.attempt())
    for how in ({}, {"ignore_rules": True}):
        assert await refused(ada, event_type, far, **how) == Rule.CALENDAR_BUSY
    assert len(await free_of(world, event_type, far + DAY)) == 24
    assert isinstance(await world.reserve(event_type, far + HOUR), Reservation)
    later = far + 2 * HOUR
    assert isinstance(await world.reserve(event_type, later, ignore_rules=True), Reservation)


async def test_the_last_dates_stay_known(ada: Connected) -> None:
    """Until the next reading, for a day if it fails, and for the longest slots with buffers."""
    world, begun = ada.world, ada.world.clock.instant
    longest = await world.event_type(
        ada.host_id, duration_minutes=1440, slot_interval_minutes=60, buffer_after=1440
    )
    for day in range(5):
        world.clock.instant = begun + day * DAY
        await ada.sync()
        await ada.set_row(f"synced_at = now() + interval '{day} days'")
        world.clock.instant += DAY - timedelta(minutes=1)
        last = world.clock.instant + 60 * DAY
        assert len(await free_of(world, longest, last)) == 24, day
        assert await free_of(world, longest, last + DAY) == []


async def test_a_daily_event_blocks_the_last_date(ada: Connected, tomorrow: datetime) -> None:
    """Also a day after the reading."""
    await ada.put("daily@example.org", tomorrow, 60, "RRULE:FREQ=DAILY")
    await ada.sync()
    ada.world.clock.instant += DAY - timedelta(minutes=1)
    listed = await ada.free(ada.world.clock.instant + 60 * DAY)
    assert len(listed) == 23
    assert "12:00" not in listed
