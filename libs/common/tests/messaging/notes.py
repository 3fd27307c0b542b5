"""Test events, their effects, and their consumers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import aio_pika
from aio_pika.abc import AbstractChannel

from linktime_common.contracts.events import Event
from linktime_common.ids import new_id
from linktime_common.messaging import outbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Connection, Database

EFFECTS = "CREATE TABLE effects (event_id uuid NOT NULL, number integer NOT NULL)"
SERIALIZATION_FAILURE = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"
STAGES = (timedelta(milliseconds=100), timedelta(milliseconds=200))


class Noted(Event):
    """Consumed by `reader`."""

    type: ClassVar[str] = "note.taken"
    publisher: ClassVar[str] = "reader"
    consumers: ClassVar[frozenset[str]] = frozenset({"reader"})
    number: int


class Copied(Event):
    """Consumed by `copier.files`."""

    type: ClassVar[str] = "note.copied"
    publisher: ClassVar[str] = "copier"
    consumers: ClassVar[frozenset[str]] = frozenset({"copier.files"})
    number: int


class Unrouted(Event):
    """Unroutable, since the test topology leaves it out."""

    type: ClassVar[str] = "note.unrouted"
    publisher: ClassVar[str] = "reader"
    consumers: ClassVar[frozenset[str]] = frozenset({"nobody"})
    number: int


OURS = Topology("linktime", STAGES, (Noted, Copied))
UNDELAYED = Topology("undelayed", STAGES, (Noted, Copied))


def event(kind: type[Event], number: int) -> Event:
    identity = new_id()
    return kind(
        occurred_at=datetime.now(UTC),
        owner_id=identity,
        aggregate_id=identity,
        aggregate_version=1,
        number=number,
    )


async def note_effect(connection: Connection, noted: Any) -> None:
    await connection.execute("INSERT INTO effects VALUES ($1, $2)", noted.event_id, noted.number)


async def write(database: Database, kind: type[Event], numbers: range) -> None:
    """Put events in the outbox, 500 per transaction."""
    for start in range(numbers.start, numbers.stop, 500):
        async with database.transaction() as connection:
            for number in range(start, min(start + 500, numbers.stop)):
                await outbox.add(connection, event(kind, number))


async def effects(database: Database) -> tuple[int, int]:
    """Return the number of effects, and of distinct events among them."""
    async with database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT count(*) AS all_of_them, count(DISTINCT event_id) AS events FROM effects"
        )
    assert row is not None
    return row["all_of_them"], row["events"]


PARKED = "SELECT count(*) FROM parked_messages"


async def send(link: BrokerLink, sent: Event, body: bytes | None = None, **headers: Any) -> None:
    """Publish without the outbox."""
    publisher = Publisher(link, timeout_seconds=5)
    await publisher.publish(
        link.topology.events_exchange,
        sent.routing_key(),
        body or sent.envelope(),
        message_id=str(sent.event_id),
        headers=headers,
    )
    await publisher.close()


async def value(database: Database, query: str, *arguments: object) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(query, *arguments)


@asynccontextmanager
async def running(*runs: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run these for the duration of the block."""
    tasks = [asyncio.create_task(run()) for run in runs]
    try:
        yield
        assert not any(task.done() for task in tasks), "a run ended early"
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def link_to(url: str, topology: Topology, name: str = "reader") -> AsyncIterator[BrokerLink]:
    link = await BrokerLink.open(url, name=name, topology=topology)
    try:
        yield link
    finally:
        await link.close()


async def is_up(link: BrokerLink) -> bool:
    return await link.find_problem() is None


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[AbstractChannel]:
    """Open a channel on a separate connection."""
    connection = await aio_pika.connect(url)
    try:
        channel = connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.initialize()
        yield channel
    finally:
        await connection.close()


@dataclass
class Readers:
    """Creates consumers named `reader` that record effects by default."""

    database: Database
    link: BrokerLink
    seen: list[int] = field(default_factory=list)

    def consumer(
        self, do: Callable[[Connection, Any], Awaitable[None]] = note_effect, **options: Any
    ) -> Consumer:
        async def handle(connection: Connection, noted: Any) -> None:
            self.seen.append(noted.number)
            await do(connection, noted)

        return Consumer("reader", self.database, self.link, {Noted: handle}, **options)
