"""A drill: databases are dumped under load; a new stack with an empty broker begins with them."""

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from tests.faults.harm import LET_DELIVERIES_END, holds_expire
from tests.faults.truth import booked_times, live
from tests.hosts import Host, rows
from tests.receiver import Receiver
from tests.restored.busy import Busy, mails_in, make_busy
from tests.stacks import paused, temporary_stack

from linktime_local.servers import postgres_binaries
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.databases import run_sql
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import republishing
from linktime_operator.operations.comparison import by_title, compare
from linktime_operator.operations.orphans import Difference
from linktime_operator.operations.reconciling import mend
from linktime_operator.stack import databases
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack

SCRIPTS = Path(__file__).parents[2] / "deploy" / "backup"
OLDER = ("availability", "contacts", "gateway")
"""Restored to an earlier moment than the others, as by dumps that are made one by one."""

LEASES = {
    "bookings": "UPDATE email_messages SET leased_until = now()",
    "webhooks": LET_DELIVERIES_END,
}
"""Of the processes before; they end within minutes."""

EVENTS = "SELECT event_id FROM outbox WHERE routing_key LIKE 'booking.%'"
DELIVERED = """
    SELECT event_id, count(*)
      FROM (SELECT event_id FROM deliveries UNION ALL SELECT event_id FROM delivery_history) d
     GROUP BY 1
"""
VERSIONS = "SELECT id::text, version FROM bookings"
WAITING_MAILS = "SELECT count(*) FROM email_messages WHERE status IN ('QUEUED', 'SENDING')"
MEMBERS = "SELECT id::text FROM memberships"
PARKED = "SELECT count(*) FROM parked_messages"

pytestmark = pytest.mark.soak


async def run(script: str, folder: Path, dsn: str) -> None:
    """Run a script of deploy/backup against the server of the DSN."""
    server = urlsplit(dsn)
    environment = {
        "PATH": f"{postgres_binaries.find().folder}:{os.environ['PATH']}",
        "PGHOST": str(server.hostname),
        "PGPORT": str(server.port),
        "PGUSER": str(server.username),
        "PGPASSWORD": str(server.password),
    }
    process = await asyncio.create_subprocess_exec(
        SCRIPTS / script,
        folder,
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _output, said = await process.communicate()
    assert process.returncode == 0, said.decode()


def administrator(stack: Stack) -> str:
    unit = stack._postgres.unit
    assert unit is not None
    server = unit._server
    assert isinstance(server, PostgresServer)
    return server.dsn


async def mixed(older: Path, newer: Path, folder: Path) -> None:
    """Make a backup of which some databases are older."""
    shutil.copytree(newer, folder)
    for service in OLDER:
        shutil.copy(older / f"{service}.dump", folder)
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    process = await asyncio.create_subprocess_exec(
        "sha256sum", *names, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    sums, _ = await process.communicate()
    (folder / "SHA256SUMS").write_bytes(sums)


@asynccontextmanager
async def restored(state: Path, secrets: Path, backup: Path) -> AsyncIterator[Stack]:
    """Run a new stack whose databases are loaded before its services start."""
    shutil.copytree(secrets, state / "secrets")
    server = PostgresServer(state / "postgresql", durable=False)
    await server.start()
    await databases.ensure(server.dsn, "linktime", SERVICES, KeptSecrets(state / "secrets"))
    await run("load", backup, server.dsn)
    for service, statement in LEASES.items():
        await run_sql(server.dsn_of(f"linktime_{service}"), statement)
    await server.stop()
    async with temporary_stack(state, name="linktime") as stack:
        yield stack


async def differences(stack: Stack) -> list[Difference]:
    return await compare(stack.clients, lambda _progress: None, settle_seconds=1)


async def agree(stack: Stack) -> bool:
    left = {title: len(found) for title, found in by_title(await differences(stack)).items()}
    assert not left, left
    return True


async def reconciled(stack: Stack) -> set[str]:
    """Mend what differs, publish the events again, wait until nothing differs; return what did."""
    found = await differences(stack)
    assert await mend(stack.clients, found) == []
    for service in republishing.PUBLISHERS:
        await republishing.republish(stack.clients, service, 1)
    await eventually(lambda: agree(stack), within=120, every=1, what="services that agree")
    return set(by_title(found))


async def are_reserved(host: Host, times: list[str]) -> bool:
    assert await live(host) == [("confirmed", start) for start in times]
    return True


async def nothing_is_lost(stack: Stack, busy: Busy) -> None:
    """What was answered before the dump is there, once, and the times agree with it."""
    versions = dict(await rows(stack, "bookings", VERSIONS))
    lost = {one: done for one, done in busy.before.items() if versions.get(one, 0) < done}
    assert not lost, lost
    for host in busy.hosts:
        there = replace(host, stack=stack)
        times = await booked_times(there)
        await holds_expire(there)
        await eventually(
            lambda host=there, booked=times: are_reserved(host, booked), what="settled holds"
        )
        assert len(set(times)) == len(times)
        assert not set(times) & set(await there.slots())
    known = {one for (one,) in await rows(stack, "scim", MEMBERS)}
    assert set(busy.members_before) <= known


async def effects_are_documented(stack: Stack, receiver: Receiver) -> None:
    """Each event has one delivery; a webhook or a mail came twice at most, by the two systems."""
    events = {one for (one,) in await rows(stack, "bookings", EVENTS)}

    async def delivered() -> bool:
        counts = dict(await rows(stack, "webhooks", DELIVERED))
        assert {one: counts.get(one) for one in events} == dict.fromkeys(events, 1)
        arrived = Counter(headers["webhook-id"] for headers, _body in receiver.deliveries)
        assert {f"msg_{one.hex}" for one in events} <= set(arrived)
        assert max(arrived.values()) <= 2
        assert await rows(stack, "bookings", WAITING_MAILS) == [(0,)]
        return True

    await eventually(delivered, within=60, every=0.5, what="deliveries and mails")
    for service in ("availability", "bookings", "contacts", "gateway", "webhooks"):
        assert await rows(stack, service, PARKED) == [(0,)], service


async def test_a_dump_under_load_is_restored(
    stack_folder: Callable[[], Path],
    http: aiohttp.ClientSession,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    """Once as it was made, and once with three databases that are older than the others."""
    first = stack_folder()
    older, newer = tmp_path / "older", tmp_path / "newer"
    async with temporary_stack(first, name="linktime") as stack:
        busy = await make_busy(stack, http, receiver)
        async with asyncio.TaskGroup() as group:
            work = group.create_task(busy.run())
            await busy.continues(20)
            await run("dump", older, administrator(stack))
            await busy.continues(20)
            # What is published now is in the broker only, which is lost.
            async with paused(stack, "webhooks"):
                await busy.continues(10)
                busy.note()
                await run("dump", newer, administrator(stack))
            await busy.continues(20)
            busy.is_over = True
            await work
    arrived, mails = list(receiver.deliveries), mails_in(first)
    await mixed(older, newer, tmp_path / "mixed")

    for backup in ("newer", "mixed"):
        receiver.deliveries[:] = arrived
        state = stack_folder()
        async with restored(state, first / "secrets", tmp_path / backup) as stack:
            found = await reconciled(stack)
            if backup == "mixed":
                assert "booking that availability does not know" in found
                assert "user that gateway does not know" in found
            await nothing_is_lost(stack, busy)
            await effects_are_documented(stack, receiver)
        assert max((mails + mails_in(state)).values()) <= 2
