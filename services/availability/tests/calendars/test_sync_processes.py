"""Processes of the role `sync`: killed in the middle, and several at once."""

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import use_scripted
from services.availability.tests.calendars.processes import sync_process
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_local.servers.caldav import CalDavServer
from linktime_local.testing.waiting import eventually

HOSTS = 6


async def hosts(world: Any, server: CalDavServer, count: int, start: datetime) -> list[Connected]:
    """Return hosts with an event each, whose calendars were never read."""
    made = []
    for _ in range(count):
        account = await server.add_account(f"user-{os.urandom(6).hex()}")
        host = await connected(world, account)
        await host.put("lunch@example.org", start)
        made.append(host)
    return made


async def is_read(host: Connected) -> bool:
    return (await host.row())["synced_at"] is not None


@pytest.mark.parametrize(
    "point", ["sync.leased", "sync.received", "sync.expanded", "sync.stored", "sync.committed"]
)
async def test_a_killed_process_leaves_a_state_from_which_the_next_is_right(
    point: str,
    world: Any,
    dsn: str,
    caldav_server: CalDavServer,
    tomorrow: datetime,
    tmp_path: Path,
) -> None:
    """Everything of one reading is stored, or nothing."""
    (host,) = await hosts(world, caldav_server, 1, tomorrow)
    fault = tmp_path / "fault"
    fault.write_text(f"{point} SIGKILL")
    async with sync_process(dsn, LINKTIME_FAULT_FILE=str(fault)) as process:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    row = await host.row()
    is_stored = point == "sync.committed"
    assert (row["synced_at"] is not None, row["events"]) == (is_stored, int(is_stored))
    await host.sync()
    row = await host.row()
    assert row["events"] == 1
    free = await host.free(tomorrow)
    assert "12:00" not in free
    assert len(free) == 23


async def test_two_processes_share_the_calendars(
    world: Any,
    dsn: str,
    caldav_server: CalDavServer,
    tomorrow: datetime,
) -> None:
    """Each calendar is read by one of them, once."""
    made = await hosts(world, caldav_server, HOSTS, tomorrow)
    async with sync_process(dsn), sync_process(dsn):

        async def all_read() -> bool:
            return all([await is_read(host) for host in made])

        await eventually(all_read, within=60, every=0.2)
    for host in made:
        row = await host.row()
        assert (row["events"], row["failures"]) == (1, 0)
        assert "12:00" not in await host.free(tomorrow)


async def test_a_stopped_process_gives_its_calendars_back(
    world: Any,
    dsn: str,
    caldav_server: CalDavServer,
    scripted: ScriptedServer,
    tomorrow: datetime,
) -> None:
    """Otherwise a host whose calendar was never read would offer no time for minutes."""
    (host,) = await hosts(world, caldav_server, 1, tomorrow)
    await use_scripted(host, scripted)
    asked = asyncio.Event()

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        asked.set()
        await asyncio.sleep(60)
        return web.Response(status=503)

    scripted.respond = respond
    async with sync_process(dsn) as process:
        await asyncio.wait_for(asked.wait(), 60)
        assert (await host.row())["leased_until"] is not None
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    row = await host.row()
    assert (row["leased_until"], row["failures"], row["synced_at"]) == (None, 0, None)


async def test_other_services_refuse_the_role() -> None:
    """The usage line names the roles that there are."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "linktime_contacts", "sync"), stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert process.returncode == 2
    usage = "usage: python -m linktime_contacts serve|work|all|migrate|schema|check|--version"
    assert error.decode() == f"{usage}\n"
