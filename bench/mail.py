"""Mails a second through one worker to the mail sink.

`python -m bench.mail` starts its own servers on this machine. The database is durable, as in
production. Every mail is a confirmation with an invitation.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import asyncpg
from bench.slots import Row
from bench.stack import show
from services.bookings.tests.calls import LINK_KEY, PUBLIC_URL
from services.bookings.tests.mail.queued import add, an_email
from services.webhooks.tests.processes import program

from linktime_bookings.app import SERVICE
from linktime_common.migrate import migrate
from linktime_common.postgres import connect
from linktime_local.servers.mail import MailSinkServer
from linktime_local.servers.ports import free_port
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.waiting import eventually

MAILS = 2_000
ADDED_AT_ONCE = 500
NOWHERE = "http://127.0.0.1:1/"

SENT = "SELECT count(*) FROM email_messages WHERE status = 'SENT'"
SECONDS = "SELECT extract(epoch FROM max(sent_at) - min(sent_at))::float FROM email_messages"


async def run() -> list[Row]:
    """Measure and return the row."""
    folder = _folder()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = PostgresServer(folder / "postgres")
        sink = MailSinkServer(folder / "mail")
        for server in (postgres, sink):
            await server.start()
            stack.push_async_callback(server.stop)
        dsn = await _prepared(postgres)
        connection = await asyncpg.connect(dsn)
        stack.push_async_callback(connection.close)
        async with program(
            "linktime_bookings", "work", **_environment(dsn, sink.smtp_port)
        ) as worker:
            await eventually(lambda: _all_sent(connection), within=600, every=0.5)
            used = _processor_seconds(worker.pid)
        seconds = await connection.fetchval(SECONDS)
    return [
        Row("mails through one worker to the sink", MAILS / seconds, "/s"),
        Row("processor time of that worker for each", used / MAILS * 1000, "ms"),
    ]


def _folder() -> Path:
    """Return a new folder that the servers' account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="linktime-bench-"))
    folder.chmod(0o711)
    return folder


async def _prepared(postgres: PostgresServer) -> str:
    administrator = await asyncpg.connect(postgres.dsn)
    await administrator.execute("CREATE DATABASE bookings")
    await administrator.close()
    dsn = postgres.dsn_of("bookings")
    await migrate(dsn, *SERVICE.migrations)
    database = await connect(dsn, application_name="bench")
    for begin in range(0, MAILS, ADDED_AT_ONCE):
        numbers = range(begin, begin + ADDED_AT_ONCE)
        await add(database, *(an_email(to=f"invitee{number}@example.com") for number in numbers))
    await database.close()
    return dsn


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _all_sent(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(SENT) == MAILS)


def _environment(dsn: str, smtp_port: int) -> dict[str, str]:
    return {
        "BOOKINGS_POSTGRES_DSN": dsn,
        "BOOKINGS_BROKER_URL": "amqp://127.0.0.1:1/",
        "BOOKINGS_PORT": str(free_port()),
        "BOOKINGS_INTERNAL_PORT": str(free_port()),
        "BOOKINGS_AVAILABILITY_INTERNAL_URL": NOWHERE,
        "BOOKINGS_CONTACTS_INTERNAL_URL": NOWHERE,
        "BOOKINGS_SCIM_INTERNAL_URL": NOWHERE,
        "BOOKINGS_PUBLIC_URL": PUBLIC_URL,
        "BOOKINGS_LINK_KEYS": f'["{LINK_KEY}"]',
        "BOOKINGS_SMTP_HOST": "127.0.0.1",
        "BOOKINGS_SMTP_PORT": str(smtp_port),
        "BOOKINGS_SMTP_SECURITY": "none",
        "BOOKINGS_LOG_LEVEL": "CRITICAL",  # the other services do not run
    }


if __name__ == "__main__":
    show(asyncio.run(run()))
