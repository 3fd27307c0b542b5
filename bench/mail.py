"""Mails a second through one worker to the mail sink, and the processor time of each mail.

`python -m bench.mail` starts its own servers on this machine. The database is durable, as in
production. Every mail is a confirmation with an invitation. The limit is a bare loop that sends the
same messages to the same sink over one connection, without rendering and without a database.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import aiosmtplib
import asyncpg
from bench.programs import tree_seconds
from bench.slots import Row
from bench.stack import show, temporary_folder
from services.bookings.tests.calls import LINK_KEY, PUBLIC_URL
from services.bookings.tests.mail.queued import SENDER, add, an_email
from services.webhooks.tests.processes import program

from linktime_bookings.app import SERVICE
from linktime_common.migrate import migrate
from linktime_common.postgres import connect
from linktime_local.servers.mail import MailSinkServer
from linktime_local.servers.ports import LOOPBACK, free_port
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.waiting import eventually

MAILS = 2_000
WARM_UP = 200
ADDED_AT_ONCE = 500
NOWHERE = "http://127.0.0.1:1/"

HIDE = "UPDATE email_messages SET due_at = now() + interval '1 day'"
RELEASE = """
    UPDATE email_messages SET due_at = now()
     WHERE id IN (SELECT id FROM email_messages WHERE status = 'QUEUED' ORDER BY id LIMIT $1)
"""
SENT = "SELECT count(*) FROM email_messages WHERE status = 'SENT'"
MESSAGES = "SELECT recipient, content FROM email_messages ORDER BY id LIMIT $1"


@dataclass(frozen=True)
class Measured:
    """Seconds: of the clock, and of processor time of each process by its name."""

    took: float
    used: Mapping[str, float]


async def run() -> list[Row]:
    """Measure and return the rows."""
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        postgres = PostgresServer(folder / "postgres")
        sink = MailSinkServer(folder / "mail")
        for server in (postgres, sink):
            await server.start()
            stack.push_async_callback(server.stop)
        dsn = await _prepared(postgres)
        connection = await asyncpg.connect(dsn)
        stack.push_async_callback(connection.close)
        environment = _environment(dsn, sink.smtp_port)
        async with program("linktime_bookings", "work", **environment) as worker:
            pids = {"worker": worker.pid, "sink": sink.pid, "PostgreSQL": postgres.pid}
            await _send(connection, WARM_UP, WARM_UP)
            all_mails = partial(_send, connection, MAILS, WARM_UP + MAILS)
            ours = await _measured(all_mails, pids)
        messages = await connection.fetch(MESSAGES, MAILS)
        bare = await _measured(partial(_send_bare, sink.smtp_port, messages), {"sink": sink.pid})
    return _rows(ours, bare)


async def _measured(send: Callable[[], Awaitable[None]], pids: Mapping[str, int]) -> Measured:
    before = {name: tree_seconds(pid) for name, pid in pids.items()}
    began = time.perf_counter()
    own = time.process_time()
    await send()
    used = {name: tree_seconds(pid) - before[name] for name, pid in pids.items()}
    return Measured(time.perf_counter() - began, {**used, "bare loop": time.process_time() - own})


async def _send(connection: "asyncpg.Connection", count: int, in_all: int) -> None:
    """Make mails due, and wait until all are sent."""
    await connection.execute(RELEASE, count)

    async def are_sent() -> bool:
        return bool(await connection.fetchval(SENT) >= in_all)

    await eventually(are_sent, within=300, every=0.2)


async def _send_bare(port: int, messages: "list[asyncpg.Record]") -> None:
    async with aiosmtplib.SMTP(hostname=LOOPBACK, port=port, start_tls=False) as smtp:
        for message in messages:
            await smtp.sendmail(SENDER.address, [message["recipient"]], message["content"])


def _rows(ours: Measured, bare: Measured) -> list[Row]:
    rate, limit = MAILS / ours.took, MAILS / bare.took
    each = [
        Row(f"processor time of a mail: {name}", ours.used[name] / MAILS * 1000, "ms")
        for name in ("worker", "sink", "PostgreSQL")
    ]
    together = sum(row.value for row in each)
    return [
        Row("mails through one worker to the sink", rate, "/s"),
        *each,
        Row("processor time of a mail: all three", together, "ms"),
        Row("the same messages sent by a bare loop", limit, "/s"),
        *(
            Row(f"processor time of a message: {name}", bare.used[name] / MAILS * 1000, "ms")
            for name in ("bare loop", "sink")
        ),
        Row("the worker's rate, divided by that of the bare loop", rate / limit, ""),
    ]


async def _prepared(postgres: PostgresServer) -> str:
    """Return the address of a database with mails that are not due yet."""
    administrator = await asyncpg.connect(postgres.dsn)
    await administrator.execute("CREATE DATABASE bookings")
    await administrator.close()
    dsn = postgres.dsn_of("bookings")
    await migrate(dsn, *SERVICE.migrations)
    database = await connect(dsn, application_name="bench")
    for begin in range(0, WARM_UP + MAILS, ADDED_AT_ONCE):
        numbers = range(begin, min(begin + ADDED_AT_ONCE, WARM_UP + MAILS))
        await add(database, *(an_email(to=f"invitee{number}@example.com") for number in numbers))
    async with database.single_write() as connection:
        await connection.execute(HIDE)
    await database.close()
    return dsn


def _environment(dsn: str, smtp_port: int) -> dict[str, str]:
    asked = ("AVAILABILITY", "CONTACTS", "GATEWAY", "SCIM")
    return {f"BOOKINGS_{name}_INTERNAL_URL": NOWHERE for name in asked} | {
        "BOOKINGS_POSTGRES_DSN": dsn,
        "BOOKINGS_BROKER_URL": "amqp://127.0.0.1:1/",
        "BOOKINGS_PORT": str(free_port()),
        "BOOKINGS_INTERNAL_PORT": str(free_port()),
        "BOOKINGS_PUBLIC_URL": PUBLIC_URL,
        "BOOKINGS_LINK_KEYS": f'["{LINK_KEY}"]',
        "BOOKINGS_SMTP_HOST": LOOPBACK,
        "BOOKINGS_SMTP_PORT": str(smtp_port),
        "BOOKINGS_SMTP_SECURITY": "none",
        "BOOKINGS_LOG_LEVEL": "CRITICAL",  # the other services do not run
    }


if __name__ == "__main__":
    show(asyncio.run(run()))
