"""Events that a broker lost are published again, without a second effect of the others."""

from datetime import timedelta

from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.republishing import OLDEST, republish
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually

from .notes import Noted, Readers, channel_to, effects, running, value, write

PUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"
AGE = "UPDATE outbox SET published_at = now() - $1::interval WHERE published_at IS NOT NULL"
DAY = timedelta(days=1)


async def published(database: Database, link: BrokerLink, count: int) -> None:
    """Let the relay publish until that many events are."""

    async def all_are() -> bool:
        return bool(await value(database, PUBLISHED) == count)

    async with running(Relay(database, link).run):
        await eventually(all_are)


async def test_lost_events_have_their_effect_and_the_others_no_second_one(
    database: Database, link: BrokerLink, readers: Readers, broker_url: str
) -> None:
    """The broker loses three events that it has confirmed, after two were consumed."""

    async def are_consumed(count: int) -> bool:
        return await effects(database) == (count, count)

    await write(database, Noted, range(2))
    await published(database, link, 2)
    async with running(readers.consumer().run):
        await eventually(lambda: are_consumed(2))
    await write(database, Noted, range(2, 5))
    await published(database, link, 5)
    async with channel_to(broker_url) as channel:
        queue = await channel.get_queue(link.topology.queue("reader"), ensure=False)
        await queue.purge()

    assert await republish(database, DAY) == 5
    async with running(Relay(database, link).run, readers.consumer().run):
        await eventually(lambda: are_consumed(5))


async def test_older_events_are_not_published_again(database: Database, link: BrokerLink) -> None:
    """The days count from the last event; no consumer knows for how long the oldest are done."""
    assert await republish(database, DAY) == 0  # there is none
    await write(database, Noted, range(1))
    await published(database, link, 1)
    await value(database, AGE, timedelta(days=3))
    await write(database, Noted, range(1))
    await published(database, link, 2)

    assert await republish(database, DAY) == 1
    await published(database, link, 2)
    assert await republish(database, 4 * DAY) == 2
    await published(database, link, 2)
    await value(database, AGE, OLDEST + timedelta(minutes=1))
    assert await republish(database, DAY) == 0
