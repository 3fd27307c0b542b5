"""A host may ignore the rules, but not what is busy in calendars."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected

from linktime_availability.calendars.recheck import LimitedRecheck
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_local.servers.caldav import ServerAccount

DAY = timedelta(days=1)


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose calendar is known."""
    patient = replace(world.deps, recheck=LimitedRecheck(30.0))
    return await connected(replace(world, deps=patient), caldav_account)


async def test_busy_calendar_is_refused(ada: Connected, tomorrow: datetime) -> None:
    """And so is a time for which the calendar is not known yet."""
    event_type = await ada.world.event_type(ada.host_id, max_days_in_advance=3)
    await ada.put("lunch@example.org", tomorrow + 10 * DAY)
    await ada.sync()
    for start, rule in (
        (tomorrow + 10 * DAY, "calendar_busy"),
        (tomorrow + 700 * DAY, "calendar_unknown"),
    ):
        refused = await ada.world.reserve(event_type, start, ignore_rules=True)
        assert refused.rule == rule
    booked = await ada.world.reserve(event_type, tomorrow + 11 * DAY, ignore_rules=True)
    assert isinstance(booked, Reservation)
