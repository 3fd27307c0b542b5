"""Calendars of inactive hosts are neither read nor written, except to delete events."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import (
    Meeting,
    events_of,
    published,
    use_scripted,
    write,
)
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.writing import delete_old_links
from linktime_availability.store import calendar_leases, event_link_leases
from linktime_availability.use_cases.apply_user import apply_user
from linktime_common.contracts.events.availability import CalendarDisconnected
from linktime_local.servers.caldav import ServerAccount


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose calendar was read."""
    host = await connected(world, caldav_account)
    await host.sync()
    return host


async def set_active(host: Connected, *, is_active: bool) -> None:
    """Apply the state of the directory, as the event or a resync does."""
    state = host.world.user(id=host.host_id, active=is_active)
    async with host.world.database.transaction() as connection:
        version = await connection.fetchval(
            "SELECT version + 1 FROM hosts WHERE id = $1", host.host_id
        )
        await apply_user(connection, state, version)


async def test_a_calendar_is_read_once_its_host_is_active(ada: Connected) -> None:
    """Neither a worker nor a booking asks the server."""
    before = await ada.row()
    for is_active in (False, True):
        await set_active(ada, is_active=is_active)
        await ada.sync()
        assert ((await ada.row())["synced_at"] > before["synced_at"]) is is_active
        async with ada.world.database.connection() as connection:
            old = await calendar_leases.list_old(
                connection, ada.host_id, before=before["synced_at"] + timedelta(days=1)
            )
        assert bool(old) is is_active


async def test_an_event_is_written_once_its_host_is_active(
    ada: Connected, tomorrow: datetime
) -> None:
    """Until then it is neither tried nor counted as due."""
    meeting = Meeting(ada, tomorrow)
    await meeting.apply("created")
    await set_active(ada, is_active=False)
    await write(ada)
    link = await meeting.link()
    assert (link["state"], link["failures"], link["leased_until"]) == ("PENDING", 0, None)
    async with ada.world.database.transaction() as connection:
        counted, _ = await event_link_leases.find_figures(connection)
        await connection.execute(
            "UPDATE calendar_event_links SET state = 'DONE' WHERE host_id = $1", ada.host_id
        )
        assert (await event_link_leases.find_figures(connection))[0] == counted
        await connection.execute(
            "UPDATE calendar_event_links SET state = 'PENDING' WHERE host_id = $1", ada.host_id
        )
    await set_active(ada, is_active=True)
    await write(ada)
    assert (await meeting.link())["state"] == "DONE"
    assert (await meeting.shown())["UID"] == meeting.uid


async def test_the_event_of_a_cancelled_booking_is_deleted_at_once(
    ada: Connected, tomorrow: datetime
) -> None:
    """A deactivation cancels the bookings to come, and the host's calendar shows it."""
    meeting = Meeting(ada, tomorrow)
    await meeting.apply("created")
    await write(ada)
    await set_active(ada, is_active=False)
    await meeting.apply("cancelled")
    await write(ada)
    assert (await meeting.link())["state"] == "DONE"
    assert await events_of(ada, tomorrow) == []


async def test_an_event_of_an_inactive_host_does_not_wait_for_ever(
    ada: Connected, tomorrow: datetime
) -> None:
    """It is given up a day after the meeting, as others."""
    meeting = Meeting(ada, tomorrow - timedelta(days=4))
    await meeting.apply("created")
    await set_active(ada, is_active=False)
    await delete_old_links(ada.world.deps)
    link = await meeting.link()
    assert (link["state"], link["event"]) == ("FAILED", None)


async def test_the_time_of_an_inactive_host_is_no_disconnection(
    ada: Connected, scripted: ScriptedServer
) -> None:
    """A day without a reading is counted from when the host is active again."""
    await use_scripted(ada, scripted)
    scripted.answer(web.Response(status=500))
    await set_active(ada, is_active=False)
    old = "now() - interval '3 days'"
    await ada.set_row(f"synced_at = {old}, reads_since = {old}")
    await set_active(ada, is_active=True)
    await ada.sync()
    assert await published(ada, CalendarDisconnected) == []
    async with ada.world.database.connection() as connection:
        await connection.execute(
            f"UPDATE hosts SET active_since = {old} WHERE id = $1",
            ada.host_id,
        )
    await set_active(ada, is_active=True)
    await ada.sync()
    (event,) = await published(ada, CalendarDisconnected)
    assert event["reason"] == "calendar.unreachable"
