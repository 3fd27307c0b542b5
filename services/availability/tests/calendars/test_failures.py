"""Servers that refuse or do not answer: what is kept, when it is tried again, who is informed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from aiohttp import web
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import Meeting, use_scripted, write
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.accounts import open_credentials, row_of
from linktime_availability.domain.calendars import CalendarPolicy
from linktime_availability.use_cases.change_calendars import choose_calendar, set_policy
from linktime_common.contracts.events.availability import CalendarDisconnected
from linktime_common.contracts.internal_api.availability import RefusedReservation
from linktime_common.egress.client import Authorization
from linktime_local.servers.caldav import CalDavServer, ServerAccount

CLOSED = RefusedReservation(
    error="The host's calendar cannot be read at the moment, so nothing can be booked",
    code="calendar_unknown",
    rule="calendar_unknown",
)


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount, tomorrow: datetime) -> Connected:
    """A host with an event at noon of tomorrow, whose calendar was read."""
    host = await connected(world, caldav_account)
    await host.put("lunch@example.org", tomorrow)
    await host.sync()
    return host


async def published(host: Connected) -> list[dict[str, Any]]:
    """Return the data of the host's events about disconnections."""
    async with host.world.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT envelope FROM outbox WHERE routing_key = $1 ORDER BY seq",
            CalendarDisconnected.routing_key(),
        )
    documents = [orjson.loads(row["envelope"]) for row in rows]
    return [one["data"] for one in documents if one["ownerid"] == str(host.host_id)]


async def give_password(host: Connected, password: str) -> None:
    """Store another password, as if the host had changed it at the server."""
    account = host.result.account
    credentials = open_credentials(account, host.world.deps.sealer)
    changed = type(credentials).model_validate(
        {
            "url": credentials.url.get_secret_value(),
            "user": credentials.user,
            "password": password,
        }
    )
    sealed = changed.seal(host.world.deps.sealer, row_of(account.id))
    async with host.world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_accounts SET credentials = $1 WHERE id = $2", sealed, account.id
        )


async def test_a_refused_password_stops_reading_at_once(ada: Connected, tomorrow: datetime) -> None:
    """Nothing is listed, the host is informed once, and the server is not asked again."""
    await give_password(ada, "wrong")
    await ada.sync()
    row = await ada.row()
    assert (row["state"], row["account_error"]) == (
        "RECONNECT",
        "The server does not accept the user and password",
    )
    assert await ada.free(tomorrow) == []
    assert await ada.world.reserve(ada.event_type, tomorrow + timedelta(hours=3)) == CLOSED
    assert await published(ada) == [
        {"subject": "127.0.0.1", "reason": "calendar.credentials", "stopsBooking": True}
    ]
    assert row["next_sync_at"].year == 9999  # infinity
    await ada.sync()
    assert (await ada.row())["failures"] == row["failures"]
    assert len(await published(ada)) == 1


async def test_an_open_policy_uses_the_last_known_time(ada: Connected, tomorrow: datetime) -> None:
    """What is known stays busy."""
    await give_password(ada, "wrong")
    await ada.sync()
    await set_policy(ada.host_id, CalendarPolicy.FAIL_OPEN, ada.world.deps, ada.world.attempt())
    free = await ada.free(tomorrow)
    assert "12:00" not in free
    assert "13:00" in free


@pytest.mark.parametrize(
    ("policy", "reads", "stops"),
    [
        (CalendarPolicy.FAIL_CLOSED, True, True),
        (CalendarPolicy.FAIL_OPEN, True, False),
        (CalendarPolicy.FAIL_CLOSED, False, False),
    ],
)
async def test_a_refusal_says_whether_booking_stops(
    ada: Connected, tomorrow: datetime, policy: CalendarPolicy, *, reads: bool, stops: bool
) -> None:
    """An account to which bookings are only written closes nothing."""
    await set_policy(ada.host_id, policy, ada.world.deps, ada.world.attempt())
    await ada.set_row(f"reads = {reads}")
    await give_password(ada, "wrong")
    await Meeting(ada, tomorrow + timedelta(hours=3)).apply("created")
    await write(ada)
    (event,) = await published(ada)
    assert event["stopsBooking"] is stops
    assert (await ada.free(tomorrow) == []) is stops


async def test_an_unreachable_calendar_leaves_an_open_policy_open(
    ada: Connected, scripted: ScriptedServer, tomorrow: datetime
) -> None:
    """And the event says so."""
    await set_policy(ada.host_id, CalendarPolicy.FAIL_OPEN, ada.world.deps, ada.world.attempt())
    await use_scripted(ada, scripted)
    scripted.answer(web.Response(status=500))
    old = "now() - interval '25 hours'"
    await ada.set_row(f"synced_at = {old}, reads_since = {old}")
    await ada.sync()
    (event,) = await published(ada)
    assert (event["reason"], event["stopsBooking"]) == ("calendar.unreachable", False)
    assert await ada.free(tomorrow) != []


async def test_a_stopped_server(
    ada: Connected, tomorrow: datetime, caldav_server: CalDavServer
) -> None:
    """The last known busy time is used, later attempts are further apart; then all catches up."""
    await caldav_server.stop()
    try:
        waits = []
        for _ in range(3):
            await ada.sync()
            row = await ada.row()
            waits.append(row["next_sync_at"] - datetime.now(UTC))
        assert (row["state"], row["failures"]) == ("CONNECTED", 3)
        assert row["last_error"]
        assert [round(wait / timedelta(minutes=6)) for wait in waits] == [1, 2, 4]
        assert "12:00" not in await ada.free(tomorrow)
        assert "13:00" in await ada.free(tomorrow)
    finally:
        await caldav_server.start()
    await ada.put("later@example.org", tomorrow + timedelta(hours=1))
    await ada.sync()
    row = await ada.row()
    assert (row["failures"], row["last_error"]) == (0, None)
    assert not {"12:00", "13:00"} & set(await ada.free(tomorrow))


async def test_a_calendar_that_is_unreachable_for_a_day(
    ada: Connected, tomorrow: datetime, caldav_server: CalDavServer
) -> None:
    """Stale for a day, then nothing is listed; the host is informed once for each time."""
    await ada.set_row("synced_at = now() - interval '23 hours'")
    assert "13:00" in await ada.free(tomorrow)
    await ada.set_row("synced_at = now() - interval '25 hours'")
    assert await ada.free(tomorrow) == []
    old = "now() - interval '25 hours'"
    name = ada.result.calendars[0].name
    expected = {"subject": name, "reason": "calendar.unreachable", "stopsBooking": True}
    for times in (1, 2):
        await caldav_server.stop()
        try:
            await ada.set_row(f"synced_at = {old}, reads_since = {old}")
            for _ in range(2):
                await ada.sync()
            assert await published(ada) == [expected] * times
        finally:
            await caldav_server.start()
        await ada.sync()
        assert "13:00" in await ada.free(tomorrow)


async def test_a_calendar_that_is_chosen_again(ada: Connected, caldav_server: CalDavServer) -> None:
    """Its time starts again: its first failure is no disconnection, however old the calendar is."""
    old = "now() - interval '3 days'"
    await ada.set_row(
        f"created_at = {old}, reads_since = {old}, synced_at = {old}, failures = 4,"
        f" last_error = 'No', disconnected_at = {old}"
    )
    for reads in (False, True):
        await choose_calendar(
            *(ada.host_id, ada.calendar_id, ada.world.deps, ada.world.attempt()),
            reads=reads,
            writes=None,
        )
        row = await ada.row()
        assert (row["failures"], row["last_error"], row["disconnected_at"]) == (0, None, None)
    await caldav_server.stop()
    try:
        await ada.sync()
        assert (await ada.row())["failures"] == 1
        assert await published(ada) == []
    finally:
        await caldav_server.start()


async def test_a_calendar_that_was_never_read_offers_nothing(
    world: Any, caldav_account: ServerAccount, tomorrow: datetime
) -> None:
    """Silence does not mean free."""
    host = await connected(world, caldav_account)
    assert await host.free(tomorrow) == []
    await host.sync()
    assert len(await host.free(tomorrow)) == 24


async def test_a_deleted_calendar(ada: Connected, tomorrow: datetime) -> None:
    """It is an error like another: what is known stays busy until the host decides."""
    answer = await ada.world.deps.guarded.request(
        "DELETE",
        ada.calendar,
        auth=Authorization.basic(ada.server.user, ada.server.password),
    )
    assert answer.status == 200
    await ada.sync()
    row = await ada.row()
    assert (row["state"], row["last_error"]) == (
        "CONNECTED",
        "There is nothing at this address",
    )
    assert "12:00" not in await ada.free(tomorrow)


async def test_a_forbidden_calendar_leaves_the_account_open(
    ada: Connected, scripted: ScriptedServer, tomorrow: datetime
) -> None:
    """It is tried again, later each time; no mail, as its last known time counts for a day."""
    await use_scripted(ada, scripted)
    scripted.answer(web.Response(status=403))
    meeting = Meeting(ada, tomorrow + timedelta(hours=3))
    await meeting.apply("created")
    for failures in (1, 2):
        await ada.sync()
        row = await ada.row()
        assert (row["state"], row["failures"]) == ("CONNECTED", failures)
        assert row["last_error"] == "The server does not let this account read the calendar"
    assert await published(ada) == []
    free = await ada.free(tomorrow)
    assert "12:00" not in free
    assert "13:00" in free
    statuses = {"PUT": 412, "REPORT": 403}

    async def respond(request: web.BaseRequest, _body: str) -> web.StreamResponse:
        return web.Response(status=statuses[request.method])

    scripted.respond = respond
    await write(ada)
    link = await meeting.link()
    assert (link["state"], link["failures"]) == ("PENDING", 1)
    assert (await ada.row())["state"] == "CONNECTED"
