"""Polls of calendars without a change: what the process of the role `sync` uses for each.

`python -m bench.polls` starts a database and a small server that answers with the same sync token,
or 304 for a feed, so that only the process and PostgreSQL work. The rows are written directly:
connecting an account is not measured.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import asyncpg
from aiohttp import web
from bench.programs import tree_seconds
from bench.slots import Row
from bench.stack import show, temporary_folder
from pydantic import SecretStr
from services.availability.tests.calendars.processes import sync_process
from services.availability.tests.calendars.scripted import (
    ScriptedServer,
    event,
    multistatus,
    token,
)
from services.availability.tests.keys import SEALING_KEY

from linktime_availability.app import SERVICE
from linktime_availability.calendars.accounts import Credentials, row_of
from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_common.sealing import Sealer
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.waiting import eventually

CALENDARS = {"caldav": 100, "ics": 20}
ROUNDS = {"caldav": 3, "ics": 10}
# The load that the aim refers to.
HOSTS, SECONDS = 1_000, 300

HOST = """
    INSERT INTO hosts (id, username, name, email, timezone, active, version)
    VALUES ($1, $2, 'Ada', $2 || '@example.org', 'Europe/Berlin', true, 1)
"""
ACCOUNT = """
    INSERT INTO calendar_accounts (id, host_id, kind, preset, server, user_name, credentials)
    VALUES ($1, $2, $3, $3, '127.0.0.1', 'ann', $4)
"""
CALENDAR = """
    INSERT INTO calendars (id, account_id, host_id, ref, name, is_writable, reads)
    VALUES ($1, $2, $3, $4, 'Work', false, true)
"""
MAKE_DUE = "UPDATE calendars SET next_sync_at = now() - interval '1 second'"
DUE = "SELECT count(*) FROM calendars WHERE next_sync_at <= now() OR leased_until IS NOT NULL"
FAILED = "SELECT count(*) FROM calendars WHERE failures > 0 OR synced_at IS NULL"


async def run() -> list[Row]:
    """Measure and return the rows."""
    rows = []
    async with _database() as (postgres, dsn), ScriptedServer() as server:
        server.respond = _unchanged
        connection = await asyncpg.connect(dsn)
        for kind in CALENDARS:
            await _connect(connection, kind, server.calendar)
            rows += await _measure(connection, kind, postgres, dsn)
            await connection.execute("DELETE FROM calendar_accounts")
        await connection.close()
    return rows


async def _measure(
    connection: "asyncpg.Connection", kind: str, postgres: PostgresServer, dsn: str
) -> list[Row]:
    async def is_done() -> bool:
        return not await connection.fetchval(DUE)

    async with sync_process(dsn) as process:
        await eventually(is_done, within=120, every=0.2)
        pids = {"sync process": process.pid, "PostgreSQL": postgres.pid}
        before = {name: tree_seconds(pid) for name, pid in pids.items()}
        began = time.perf_counter()
        for _ in range(ROUNDS[kind]):
            await connection.execute(MAKE_DUE)
            await eventually(is_done, within=120, every=0.2)
        took = time.perf_counter() - began
        used = {name: tree_seconds(pid) - before[name] for name, pid in pids.items()}
    if await connection.fetchval(FAILED):
        raise SystemExit("A calendar of the measurement could not be read.")
    polls = CALENDARS[kind] * ROUNDS[kind]
    name = f"poll of a calendar without a change ({kind})"
    share = used["sync process"] / polls * HOSTS / SECONDS * 100
    return [
        *(Row(f"{name}: {one}", used[one] / polls * 1000, "ms") for one in pids),
        Row(f"{name}: rate with one process", polls / took, "/s"),
        Row(f"{HOSTS} hosts ({kind}) polled every five minutes, of a core", share, "%"),
    ]


@contextlib.asynccontextmanager
async def _database() -> AsyncIterator[tuple[PostgresServer, str]]:
    with temporary_folder() as folder:
        postgres = PostgresServer(folder / "postgres")
        await postgres.start()
        try:
            administrator = await asyncpg.connect(postgres.dsn)
            await administrator.execute("CREATE DATABASE availability")
            await administrator.close()
            dsn = postgres.dsn_of("availability")
            await migrate(dsn, *SERVICE.migrations)
            yield postgres, dsn
        finally:
            await postgres.stop()


async def _connect(connection: "asyncpg.Connection", kind: str, url: str) -> None:
    sealer = Sealer([SEALING_KEY])
    for number in range(CALENDARS[kind]):
        host_id, account_id = new_id(), new_id()
        credentials = Credentials(url=SecretStr(url), user="ann", password=SecretStr("secret-1"))
        sealed = credentials.seal(sealer, row_of(account_id))
        await connection.execute(HOST, host_id, f"{kind}-{number}")
        await connection.execute(ACCOUNT, account_id, host_id, kind, sealed)
        await connection.execute(CALENDAR, new_id(), account_id, host_id, url)


async def _unchanged(request: web.BaseRequest, _body: str) -> web.StreamResponse:
    if request.method != "GET":
        return multistatus(token("https://calendar.example/sync/1"))
    if "If-None-Match" in request.headers:
        return web.Response(status=304, headers={"ETag": '"1"'})
    return web.Response(
        body=event("a@bench"), content_type="text/calendar", headers={"ETag": '"1"'}
    )


if __name__ == "__main__":
    show(asyncio.run(run()))
