"""Calendars are asked before a booking, if they were not read within a minute."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import published, use_scripted
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.recheck import AT_ONCE, LimitedRecheck
from linktime_availability.calendars.sync import sync_due
from linktime_availability.domain.calendars import CalendarPolicy
from linktime_availability.use_cases.change_calendars import set_policy
from linktime_common.contracts.events.availability import CalendarDisconnected
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_local.servers.caldav import CalDavServer, ServerAccount

OLD = "synced_at = now() - interval '5 minutes'"


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose calendar was read five minutes ago, with a generous limit for asking it."""
    patient = replace(world.deps, recheck=LimitedRecheck(30.0))
    host = await connected(replace(world, deps=patient), caldav_account)
    await host.sync()
    await host.set_row(OLD)
    return host


async def test_a_new_event_refuses_the_booking(ada: Connected, tomorrow: datetime) -> None:
    """Although the slot was listed; the calendar is then read next."""
    await ada.put("lunch@example.org", tomorrow)
    assert "12:00" in await ada.free(tomorrow)
    refused = await ada.world.reserve(ada.event_type, tomorrow)
    assert isinstance(refused, RefusedReservation)
    assert refused.rule == "calendar_busy"
    row = await ada.row()
    assert row["next_sync_at"] < row["synced_at"] + timedelta(minutes=6)
    assert isinstance(
        await ada.world.reserve(ada.event_type, tomorrow + timedelta(hours=1)), Reservation
    )


async def test_an_event_of_linktime_does_not_refuse(ada: Connected, tomorrow: datetime) -> None:
    """A booking must not block its own reschedule."""
    booked = await ada.world.held(ada.event_type, tomorrow)
    await ada.put(f"{booked.booking_id}@meet.example", tomorrow)
    moved = await ada.world.reserve(
        ada.event_type, tomorrow, booking_id=booked.booking_id, reschedule_minutes=60
    )
    assert isinstance(moved, Reservation)


async def test_a_calendar_that_was_just_read_is_not_asked(
    ada: Connected, tomorrow: datetime
) -> None:
    """Its busy time is known."""
    await ada.put("lunch@example.org", tomorrow)
    await ada.set_row("synced_at = now()")
    assert isinstance(await ada.world.reserve(ada.event_type, tomorrow), Reservation)


async def test_the_buffers_are_asked_for_too(
    ada: Connected, world: Any, tomorrow: datetime
) -> None:
    """An event in the buffer after the slot refuses it."""
    event_type = await world.event_type(
        ada.host_id, duration_minutes=60, slot_interval_minutes=60, buffer_after=30
    )
    await ada.put("later@example.org", tomorrow + timedelta(minutes=75), 10)
    refused = await ada.world.reserve(event_type, tomorrow)
    assert isinstance(refused, RefusedReservation)


async def test_a_server_that_does_not_answer(
    ada: Connected, tomorrow: datetime, caldav_server: CalDavServer
) -> None:
    """The stored busy time and the policy decide, whatever happens to the server."""
    caldav_server.pause()
    hasty = replace(ada.world.deps, recheck=LimitedRecheck(0.05))
    host = replace(ada.world, deps=hasty)
    try:
        assert isinstance(await host.reserve(ada.event_type, tomorrow), Reservation)
        await ada.set_row("synced_at = now() - interval '25 hours'")
        later = tomorrow + timedelta(hours=1)
        refused = await host.reserve(ada.event_type, later)
        assert isinstance(refused, RefusedReservation)
        assert refused.rule == "calendar_unknown"
        await set_policy(ada.host_id, CalendarPolicy.FAIL_OPEN, hasty, host.attempt())
        assert isinstance(await host.reserve(ada.event_type, later), Reservation)
    finally:
        caldav_server.resume()


@pytest.mark.parametrize(("failures", "is_soon"), [(0, True), (3, False)])
async def test_a_calendar_that_does_not_answer_is_read_next(
    ada: Connected, tomorrow: datetime, caldav_server: CalDavServer, *, failures: int, is_soon: bool
) -> None:
    """A worker has more time for it; not while its readings fail, which have their own waits."""
    await ada.set_row(f"next_sync_at = now() + interval '2 minutes', failures = {failures}")
    before = await ada.row()
    caldav_server.pause()
    try:
        hasty = replace(ada.world.deps, recheck=LimitedRecheck(0.05))
        host = replace(ada.world, deps=hasty)
        assert isinstance(await host.reserve(ada.event_type, tomorrow), Reservation)
    finally:
        caldav_server.resume()
    after = await ada.row()
    assert (after["next_sync_at"] < before["next_sync_at"]) is is_soon


async def test_a_process_asks_few_calendars_at_once(
    ada: Connected, tomorrow: datetime, scripted: ScriptedServer
) -> None:
    """Those whose turn does not come in time count as calendars that do not answer."""
    await use_scripted(ada, scripted)
    async with ada.world.database.connection() as connection:
        await connection.execute(
            "INSERT INTO calendars (id, account_id, host_id, ref, name, is_writable, reads)"
            " SELECT gen_random_uuid(), account_id, host_id, ref || number, name, false, true"
            " FROM calendars, generate_series(1, 9) AS number WHERE host_id = $1",
            ada.host_id,
        )
    await ada.set_row(f"{OLD}, expanded_until = now() + interval '90 days'")
    released = asyncio.Event()

    async def silent(_request: object, _body: str) -> web.Response:
        await released.wait()
        return web.Response(status=503)

    scripted.respond = silent
    hasty = replace(ada.world.deps, recheck=LimitedRecheck(1.0))
    host = replace(ada.world, deps=hasty)
    try:
        assert isinstance(await host.reserve(ada.event_type, tomorrow), Reservation)
    finally:
        released.set()
    assert 0 < len(scripted.requests) <= AT_ONCE


async def test_a_refused_password_is_sent_once(
    ada: Connected, tomorrow: datetime, scripted: ScriptedServer
) -> None:
    """Some servers lock accounts; the host is informed once. Later bookings follow the policy."""
    await use_scripted(ada, scripted)
    scripted.answer(web.Response(status=401))
    assert isinstance(await ada.world.reserve(ada.event_type, tomorrow), Reservation)
    for hours in (1, 2):
        start = tomorrow + timedelta(hours=hours)
        refused = await ada.world.reserve(ada.event_type, start)
        assert isinstance(refused, RefusedReservation)
        assert refused.rule == "calendar_unknown"
    assert len(scripted.requests) == 1
    assert (await ada.row())["state"] == "RECONNECT"
    assert await published(ada, CalendarDisconnected) == [
        {"subject": "127.0.0.1", "reason": "calendar.credentials", "stopsBooking": True}
    ]


async def test_a_server_that_limits_requests_is_not_asked_until_then(
    ada: Connected, tomorrow: datetime, scripted: ScriptedServer
) -> None:
    """Neither by bookings nor by readings; the stored busy time decides."""
    await use_scripted(ada, scripted)
    scripted.answer(web.Response(status=429, headers={"Retry-After": "3000"}))
    for hours in range(2):
        start = tomorrow + timedelta(hours=hours)
        assert isinstance(await ada.world.reserve(ada.event_type, start), Reservation)
    await sync_due(ada.world.deps)
    assert len(scripted.requests) == 1
    await ada.set_row("limited_until = now()")
    assert isinstance(
        await ada.world.reserve(ada.event_type, tomorrow + timedelta(hours=2)), Reservation
    )
    assert len(scripted.requests) == 2


async def test_a_reading_that_is_limited_holds_for_bookings_too(
    ada: Connected, tomorrow: datetime, scripted: ScriptedServer
) -> None:
    """The time that the server names, not that of other errors."""
    await use_scripted(ada, scripted)
    for status, asked in ((500, 2), (429, 1)):
        scripted.requests.clear()
        scripted.answer(web.Response(status=status))
        await ada.sync()
        await ada.set_row(OLD)
        start = tomorrow + timedelta(hours=status % 7)
        assert isinstance(await ada.world.reserve(ada.event_type, start), Reservation)
        assert len(scripted.requests) == asked
