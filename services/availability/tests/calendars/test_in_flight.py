"""What is slow or fails holds up no other calendar, and is settled."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import Meeting, use_scripted, write
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.accounts import row_of
from linktime_availability.calendars.in_flight import work_through
from linktime_availability.calendars.sync import sync_due
from linktime_availability.calendars.writing import write_due
from linktime_common.errors import Unavailable
from linktime_local.servers.caldav import CalDavServer, ServerAccount
from linktime_local.testing.waiting import eventually


class Gate:
    """Lets the requests of a scripted server wait until it is opened."""

    def __init__(self, server: ScriptedServer) -> None:
        self.opened = asyncio.Event()
        self.waiting = 0
        server.respond = self.respond

    async def respond(self, request: web.BaseRequest, body: str) -> web.StreamResponse:
        self.waiting += 1
        await self.opened.wait()
        self.waiting -= 1
        return web.Response(status=503)

    async def has(self, number: int) -> bool:
        return self.waiting == number


@pytest.fixture
async def slow(
    world: Any, caldav_account: ServerAccount, scripted: ScriptedServer, tomorrow: datetime
) -> Connected:
    """A host with four calendars at a scripted server, and four new bookings."""
    host = await connected(world, caldav_account)
    for number in range(4):
        await Meeting(host, tomorrow.replace(hour=number * 2)).apply("created")
    await use_scripted(host, scripted)
    async with world.database.connection() as connection:
        await connection.execute(
            "INSERT INTO calendars (id, account_id, host_id, ref, name, is_writable, reads)"
            " SELECT gen_random_uuid(), $2, $1, $3 || n, 'More', false, true"
            " FROM generate_series(1, 3) n",
            *(host.host_id, host.result.account.id, scripted.calendar),
        )
    return host


async def test_each_end_makes_room() -> None:
    """The first never ends before the others; what is leased later is worked on, too."""
    due, done, opened = list(range(6)), [], asyncio.Event()

    async def lease(limit: int) -> list[int]:
        taken, due[:] = due[:limit], due[limit:]
        return taken

    async def work(one: int) -> None:
        if one == 0:
            await opened.wait()
        done.append(one)
        if one == 5:
            opened.set()
            raise ValueError("is logged")

    assert await work_through(lease, work, nothing, at_once=2) == 6
    assert done == [1, 2, 3, 4, 5, 0]


async def nothing(given_back: Sequence[int]) -> None:
    raise AssertionError(given_back)


@pytest.mark.parametrize("database", ["there", "fails", "hangs"])
async def test_a_cancelled_job_leaves_nothing_behind(database: str) -> None:
    """Its work is cancelled, awaited and given back, without a long wait for the database."""
    states: list[str] = []
    due = [[0, 1, 2], [3]]

    async def lease(limit: int) -> list[int]:
        return due.pop(0) if due else []

    async def work(one: int) -> None:
        if one == 0:
            return
        states.append("begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if one == 1:  # it comes to its end all the same
                return
            raise
        finally:
            states.append("ended")

    async def give_back(left: Sequence[int]) -> None:
        states.append(f"{left} given back")
        if database == "fails":
            raise Unavailable("no database connection was free in time")
        if database == "hangs":
            await asyncio.Event().wait()

    job = asyncio.create_task(work_through(lease, work, give_back, at_once=3))
    await eventually(lambda: _is(states == ["begun"] * 3), within=10)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(job, 30)
    assert states == ["begun"] * 3 + ["ended"] * 3 + ["[2, 3] given back"]


async def _is(state: bool) -> bool:
    return state


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (Unavailable("no database connection was free in time"), "WARNING"),
        (TimeoutError(), "WARNING"),
        (RuntimeError(), "ERROR"),
    ],
)
async def test_only_an_unexpected_error_is_logged_with_its_stack(
    caplog: Any, error: Exception, level: str
) -> None:
    """An unavailable database is a warning in one line."""
    due = [1]

    async def lease(_limit: int) -> list[int]:
        return [due.pop()] if due else []

    async def work(_one: int) -> None:
        raise error

    await work_through(lease, work, nothing, at_once=1)
    (record,) = caplog.records
    assert (record.levelname, "Traceback" in record.getMessage()) == (level, level == "ERROR")


async def test_a_lease_that_fails_waits_for_other_work() -> None:
    """Without other work the error is the job's."""
    answers: list[list[int] | Exception] = [[1], ConnectionError(), [2], ConnectionError()]
    done = []
    more = asyncio.Event()

    async def lease(limit: int) -> list[int]:
        answer = answers.pop(0)
        if answer == [2]:
            more.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def work(one: int) -> None:
        await more.wait()
        done.append(one)

    with pytest.raises(ConnectionError):
        await work_through(lease, work, nothing, at_once=3)
    assert done == [1, 2]


async def test_a_slow_server_does_not_stop_other_hosts(
    slow: Connected, scripted: ScriptedServer, caldav_server: CalDavServer, tomorrow: datetime
) -> None:
    """Two of its calendars are read at once; calendars that become due meanwhile are read."""
    gate = Gate(scripted)
    job = asyncio.create_task(sync_due(slow.world.deps))
    try:
        await eventually(lambda: gate.has(2), within=20)
        for name in ("one", "two"):
            account = await caldav_server.add_account(f"{name}-{slow.host_id.hex[-12:]}")
            other = await connected(slow.world, account)

            async def is_read(other: Connected = other) -> bool:
                return (await other.row())["synced_at"] is not None

            await eventually(is_read, within=30, every=0.1)
        assert gate.waiting == 2
    finally:
        gate.opened.set()
        await job
    assert len(scripted.requests) >= 4


async def test_a_slow_server_does_not_stop_other_writes(
    slow: Connected, scripted: ScriptedServer, caldav_server: CalDavServer, tomorrow: datetime
) -> None:
    """Two of its events are written at once."""
    gate = Gate(scripted)
    job = asyncio.create_task(write_due(slow.world.deps))
    try:
        await eventually(lambda: gate.has(2), within=20)
        account = await caldav_server.add_account(f"three-{slow.host_id.hex[-12:]}")
        meeting = Meeting(await connected(slow.world, account), tomorrow)
        await meeting.apply("created")

        async def is_written() -> bool:
            return (await meeting.link())["state"] == "DONE"

        await eventually(is_written, within=30, every=0.1)
        assert gate.waiting == 2
    finally:
        gate.opened.set()
        await job


@pytest.mark.parametrize("is_taken", [False, True])
async def test_a_stopped_worker_gives_its_readings_back(
    slow: Connected, scripted: ScriptedServer, is_taken: bool
) -> None:
    """They are due at once, unless another worker has them now."""
    gate = Gate(scripted)
    job = asyncio.create_task(sync_due(slow.world.deps))
    await eventually(lambda: gate.has(2), within=20)
    if is_taken:
        await slow.set_row("leased_until = leased_until + interval '1 s'")
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    async with slow.world.database.connection() as connection:
        leased = await connection.fetchval(
            "SELECT count(leased_until) FROM calendars WHERE host_id = $1", slow.host_id
        )
        failures = await connection.fetchval(
            "SELECT sum(failures) FROM calendars WHERE host_id = $1", slow.host_id
        )
    assert (leased, failures) == (2 if is_taken else 0, 0)


@pytest.mark.parametrize("is_taken", [False, True])
async def test_a_stopped_worker_gives_its_writes_back(
    slow: Connected, scripted: ScriptedServer, is_taken: bool
) -> None:
    """Others wait a little, as the server may still be at work on the requests."""
    gate = Gate(scripted)
    job = asyncio.create_task(write_due(slow.world.deps))
    await eventually(lambda: gate.has(2), within=20)
    async with slow.world.database.connection() as connection:
        if is_taken:
            await connection.execute(
                "UPDATE calendar_event_links SET leased_until = leased_until + interval '1 s'"
            )
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        rows = await connection.fetch(
            "SELECT extract(epoch FROM leased_until - now()) AS seconds, failures"
            " FROM calendar_event_links WHERE host_id = $1 AND leased_until IS NOT NULL",
            slow.host_id,
        )
    assert [row["failures"] for row in rows] == [0, 0]
    least, most = (200, 302) if is_taken else (1, 20)
    assert all(least < row["seconds"] < most for row in rows)


async def test_an_unexpected_error_is_settled(
    world: Any, caldav_account: ServerAccount, tomorrow: datetime
) -> None:
    """As one that passes: later each time, with a sentence, and without a lease."""
    host = await connected(world, caldav_account)
    meeting = Meeting(host, tomorrow)
    await meeting.apply("created")
    account_id = host.result.account.id
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_accounts SET credentials = $1 WHERE id = $2",
            *(world.deps.sealer.seal(b"{}", row=row_of(account_id)), account_id),
        )
    await host.sync()
    await write(host)
    row, link = await host.row(), await meeting.link()
    assert (row["failures"], row["leased_until"]) == (1, None)
    assert row["last_error"] == "LinkTime could not read the calendar and tries again later"
    assert (link["state"], link["failures"], link["leased_until"]) == ("PENDING", 1, None)
    assert link["last_error"] == "LinkTime could not write the event and tries again later"
