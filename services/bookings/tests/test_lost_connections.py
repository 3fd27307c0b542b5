"""The database connection is lost in COMMIT: the outcome is unknown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability
from services.bookings.tests.rows import events, rows
from services.bookings.tests.surroundings import Surroundings, surroundings_of

from linktime_bookings.app import SERVICE
from linktime_common.postgres import Database
from linktime_common.process import ProcessRole
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

SLOW_COMMIT = """
    CREATE FUNCTION sleep_in_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON bookings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sleep_in_commit()
"""
TERMINATE = """
    SELECT pg_terminate_backend(pid)
      FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'PgSleep' AND query ILIKE 'COMMIT%'
"""


@pytest.fixture
async def prepared(
    template_databases: TemplateDatabases,
) -> AsyncIterator[Surroundings]:
    """Of each test: one changes the schema."""
    async with surroundings_of(template_databases) as made:
        yield made


async def test_backend_killed_in_commit(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """503, nothing is freed, and the repeat with the key uses the same hold."""
    async with database.connection() as connection:
        await connection.execute(SLOW_COMMIT)
    first = asyncio.ensure_future(host.book(slot(0), key="k"))
    await eventually(lambda: rows(database, TERMINATE), what="the commit has begun")
    reply = await first
    assert (reply.status, int(reply.headers["Retry-After"]) in range(1, 5)) == (503, True)
    assert [verb for verb, _ in availability.calls] == ["reserve"]
    async with database.connection() as connection:
        await connection.execute("DROP TRIGGER slow_commit ON bookings")
    reply = await host.book(slot(0), key="k")
    assert reply.status == 201
    assert len(availability.reservations) == 1
    assert (await host.book(slot(0), key="k")).body == reply.body
    assert await events(database) == ["booking.created"]


class CuttingProxy:
    """A proxy of the database that can drop the connection instead of the reply to a COMMIT, or to
    a statement with some argument."""

    def __init__(self) -> None:
        self.cut_next_commit = False
        self.cut_after: bytes | None = None

    async def carry(self, dsn: str, here: Any, back: Any) -> None:
        address = urlsplit(dsn)
        there, out = await asyncio.open_connection(address.hostname, address.port)
        is_cut = asyncio.Event()

        async def ask() -> None:
            while data := await here.read(65536):
                if self.cut_next_commit and b"COMMIT" in data:
                    self.cut_next_commit = False
                    is_cut.set()
                if self.cut_after is not None and self.cut_after in data:
                    self.cut_after = None
                    is_cut.set()
                out.write(data)

        async def answer() -> None:
            while data := await there.read(65536):
                if is_cut.is_set():
                    return
                back.write(data)

        asking = asyncio.ensure_future(ask())
        with suppress(OSError):
            await answer()
        asking.cancel()
        for writer in (out, back):
            writer.close()

    @asynccontextmanager
    async def to(self, dsn: str) -> AsyncIterator[str]:
        """Yield the database's address through this proxy."""
        carried: set[asyncio.Task[None]] = set()

        async def accept(here: Any, back: Any) -> None:
            task = asyncio.ensure_future(self.carry(dsn, here, back))
            carried.add(task)
            with suppress(OSError):
                await task

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        address = urlsplit(dsn)
        who = address.netloc.rpartition("@")[0]
        try:
            yield urlunsplit(address._replace(netloc=f"{who}@127.0.0.1:{port}"))
        finally:
            server.close()
            await asyncio.gather(*carried, return_exceptions=True)


async def test_lost_reply_to_commit(
    settings: dict[str, Any],
    availability: FakeAvailability,
    event_type: EventType,
    database: Database,
) -> None:
    """It was committed: 503, then the repeat returns the booking."""
    proxy = CuttingProxy()
    async with (
        proxy.to(settings["postgres_dsn"]) as dsn,
        running(SERVICE, ProcessRole.SERVE, **{**settings, "postgres_dsn": dsn}) as service,
    ):
        host = Caller(service, event_type.host.id)
        proxy.cut_next_commit = True
        assert (await host.book(slot(0), key="k")).status == 503
        ((booking_id,),) = await rows(database, "SELECT id FROM bookings")
        assert [verb for verb, _ in availability.calls] == ["reserve"]
        reply = await host.book(slot(0), key="k")
        assert (reply.status, reply.body) == (201, {"bookingId": str(booking_id)})
        proxy.cut_next_commit = True
        move = {"newStartTime": wire(slot(3))}
        assert (await host.post(f"/{booking_id}/reschedule", move, key="m")).status == 503
        assert (await host.post(f"/{booking_id}/reschedule", move, key="m")).status == 200
        proxy.cut_next_commit = True
        assert (await host.post(f"/{booking_id}/cancel", {}, key="c")).status == 503
        assert (await host.post(f"/{booking_id}/cancel", {}, key="c")).status == 200
    kinds = ["booking.created", "booking.rescheduled", "booking.cancelled"]
    assert await events(database) == kinds


async def test_lost_reply_without_a_key(
    settings: dict[str, Any],
    availability: FakeAvailability,
    event_type: EventType,
    database: Database,
) -> None:
    """The single statement was committed, so nothing is freed."""
    proxy = CuttingProxy()
    async with (
        proxy.to(settings["postgres_dsn"]) as dsn,
        running(SERVICE, ProcessRole.SERVE, **{**settings, "postgres_dsn": dsn}) as service,
    ):
        host = Caller(service, event_type.host.id)
        proxy.cut_after = b"Grace Lost"
        reply = await host.book(slot(0), inviteeName="Grace Lost")
        assert (reply.status, int(reply.headers["Retry-After"]) in range(1, 5)) == (503, True)
        await eventually(lambda: rows(database, "SELECT id FROM bookings"))
        assert [verb for verb, _ in availability.calls] == ["reserve"]
        assert (await host.book(slot(0))).status == 409
    assert await events(database) == ["booking.created"]
    assert await rows(database, "SELECT fate FROM reservation_fates") == [("used",)]
