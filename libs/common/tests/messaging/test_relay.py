"""The relay, from the outbox to the broker."""

import asyncio
import time
from datetime import timedelta

import pytest

from linktime_common import postgres
from linktime_common.messaging import outbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.notifier import Notifier
from linktime_common.messaging.relay import FAILED, Relay
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually

from .notes import (
    Copied,
    Noted,
    Readers,
    Unrouted,
    channel_to,
    effects,
    event,
    is_up,
    link_to,
    running,
    value,
    write,
)

UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
LET_LEASES_END = "UPDATE outbox SET claimed_until = now() WHERE claimed_until > now()"
FAR = timedelta(hours=1)


def unhurried(database: Database, link: BrokerLink, *, batch: int = 200) -> Relay:
    """Return a relay for a busy machine: it publishes what is not confirmed in time again."""
    timeout = timedelta(seconds=60)
    return Relay(database, link, batch=batch, publish_timeout=timeout, lease=2 * timeout)


async def waiting(link: BrokerLink, url: str, consumer: str) -> int:
    """Return the number of ready messages in a consumer's queue."""
    async with channel_to(url) as channel:
        queue = await channel.declare_queue(link.topology.queue(consumer), passive=True)
        return queue.declaration_result.message_count or 0


async def test_an_event_reaches_its_consumer_at_once(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """A commit wakes the relay in the same process, without the poll (an hour here)."""
    async with running(Relay(database, link, poll=FAR).run, readers.consumer().run):
        await write(database, Noted, range(1))
        await eventually(lambda: _effects_are(database, 1))
        began = time.monotonic()
        await write(database, Noted, range(1))
        await eventually(lambda: _effects_are(database, 2), within=5)
        assert time.monotonic() - began < 2


async def _effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def test_the_first_event_is_not_published_before_every_queue_exists(
    database: Database, broker_url: str, topology: Topology
) -> None:
    """Rows written while the link connects end up in every consumer's queue."""
    await write(database, Noted, range(3))
    await write(database, Copied, range(2))
    async with link_to(broker_url, topology) as link, running(Relay(database, link).run):
        await eventually(lambda: _all_published(database), within=15)
        await eventually(lambda: waiting(link, broker_url, "reader"))
        assert await waiting(link, broker_url, "reader") == 3
        assert await waiting(link, broker_url, "copier.files") == 2


async def _all_published(database: Database) -> bool:
    return await value(database, UNPUBLISHED) == 0


async def test_an_event_without_a_queue_stays_unpublished_with_its_error(
    database: Database, link: BrokerLink
) -> None:
    """An unroutable event is not lost, does not block others, and is counted as failed."""
    failures = FAILED._value.get()
    await write(database, Unrouted, range(1))
    async with running(Relay(database, link).run):
        await eventually(
            lambda: value(database, "SELECT attempts >= 2 FROM outbox"), within=10, what="retried"
        )
        await write(database, Noted, range(20))
        await eventually(lambda: _one_left(database))
    error = await value(database, "SELECT last_error FROM outbox WHERE published_at IS NULL")
    exchange = link.topology.events_exchange
    assert error == f"the exchange {exchange} has no queue for note.unrouted.v1"
    assert FAILED._value.get() >= failures + 2


async def _one_left(database: Database) -> bool:
    return await value(database, UNPUBLISHED) == 1


async def test_two_relays_publish_each_row_once(
    database: Database, broker_url: str, topology: Topology, link: BrokerLink
) -> None:
    """Two relays never claim the same row: the queue has as many messages as rows were written."""
    await write(database, Noted, range(1500))
    async with link_to(broker_url, topology) as other:
        relays = [unhurried(database, one, batch=50).run for one in (link, other)]
        async with running(*relays):
            await eventually(lambda: _all_published(database), within=60)
    await eventually(lambda: waiting(link, broker_url, "reader"))
    assert await waiting(link, broker_url, "reader") == 1500


async def test_rows_claimed_by_a_dead_relay_go_out_when_its_lease_ends(
    database: Database, link: BrokerLink
) -> None:
    """A relay that died with claimed rows delays them by its lease only."""
    await write(database, Noted, range(30))
    async with database.connection() as connection:
        await outbox.claim(connection, limit=20, lease=FAR, without=[])
    async with running(Relay(database, link).run):
        await eventually(lambda: _claimed_are_left(database, 20))
        async with database.connection() as connection:
            await connection.execute(LET_LEASES_END)
        await eventually(lambda: _all_published(database))


async def _claimed_are_left(database: Database, number: int) -> bool:
    return await value(database, UNPUBLISHED) == number


async def test_a_relay_stopped_in_the_middle_of_a_batch_leaves_its_rows_to_the_other(
    database: Database, broker_url: str, topology: Topology, link: BrokerLink, readers: Readers
) -> None:
    """The other relay publishes claimed rows when the lease ends; they have one effect."""
    await write(database, Noted, range(1000))
    async with link_to(broker_url, topology) as other, running(readers.consumer().run):
        lease = timedelta(seconds=1)
        first = asyncio.create_task(Relay(database, other, lease=lease).run())
        await eventually(
            lambda: value(database, "SELECT count(*) > 0 FROM outbox WHERE claimed_until > now()"),
            every=0.002,
        )
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert await value(database, UNPUBLISHED) > 0
        async with running(unhurried(database, link).run):
            await eventually(lambda: _effects_are(database, 1000), within=60)


async def test_rows_published_twice_have_one_effect(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """A relay killed between confirm and mark publishes again; consumers apply rows once."""
    await write(database, Noted, range(50))
    async with running(Relay(database, link).run, readers.consumer().run):
        await eventually(lambda: _effects_are(database, 50))
        async with database.connection() as connection:
            await connection.execute("UPDATE outbox SET published_at = NULL")
        await eventually(lambda: _all_published(database))
        await write(database, Noted, range(1))
        await eventually(lambda: _effects_are(database, 51))


async def test_a_process_without_relay_wakes_the_others(
    database: Database, dsn: str, link: BrokerLink
) -> None:
    """The notifier's NOTIFY wakes a relay in another process, here one with a poll of an hour."""
    writer = await postgres.connect(dsn, application_name="serve")
    try:
        async with running(Relay(database, link, poll=FAR).run, Notifier(writer).run):
            await eventually(lambda: _listens(database))
            await eventually(lambda: is_up(link))
            await asyncio.sleep(0.3)  # only a notification starts another poll
            await write(writer, Noted, range(5))
            await eventually(lambda: _all_published(database), within=2)
    finally:
        await writer.close()


async def _listens(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%outbox%'"
    return bool(await value(database, query))


async def test_old_published_rows_are_pruned(database: Database) -> None:
    """Only rows published longer ago than the limit, and at most the given number."""
    await write(database, Noted, range(5))
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE outbox SET published_at = now() - interval '8 days' WHERE seq <= 3"
        )
        assert await outbox.prune(connection, older_than=timedelta(days=7), limit=2) == 2
        assert await outbox.prune(connection, older_than=timedelta(days=7), limit=2) == 1
        assert (await outbox.lag(connection)).unpublished == 2


async def test_an_event_of_a_transaction_rolled_back_is_not_published(database: Database) -> None:
    """The outbox row is part of the transaction."""

    woken: list[bool] = []
    database.on_events.append(lambda: woken.append(True))

    async def write_and_fail() -> None:
        async with database.transaction() as connection:
            await outbox.add(connection, event(Noted, 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await value(database, "SELECT count(*) FROM outbox") == 0
    assert woken == []
