"""Metrics of what waits for a consumer: in its queues, and for an operator."""

import asyncio
from functools import partial

from prometheus_client import Gauge

from linktime_common.endless import periodic
from linktime_common.messaging import parked
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import close_channel, lost_if_cancelled
from linktime_common.postgres import Database
from linktime_common.supervision import SupervisedTask

MEASURE_SECONDS = 15.0
CALL_SECONDS = 10.0

QUEUED = Gauge(
    "linktime_queue_messages",
    "Messages in a queue of RabbitMQ that wait for this service",
    ["queue"],
)
PARKED = Gauge("linktime_parked_messages", "Dead-lettered messages that wait for an operator")


def figures(consumer: str, database: Database, link: BrokerLink) -> list[SupervisedTask]:
    """Return two jobs: queues are measured without the database, and parked messages without the
    broker."""
    jobs = {
        "queue figures": partial(measure_queues, consumer, link),
        "parked figures": partial(measure_parked, database),
    }
    return [periodic(name, job, every_seconds=MEASURE_SECONDS) for name, job in jobs.items()]


async def measure_parked(database: Database) -> None:
    """Set the gauge from the database."""
    async with database.connection() as connection:
        PARKED.set(await parked.count(connection))


async def measure_queues(consumer: str, link: BrokerLink) -> None:
    """Set the gauges of the consumer's queues; waits for the broker."""
    channel = await link.consuming_channel(1)
    try:
        with lost_if_cancelled():
            async with asyncio.timeout(CALL_SECONDS):
                for name in (link.topology.queue(consumer), link.topology.parking_queue(consumer)):
                    queue = await channel.declare_queue(name, passive=True)
                    waiting = queue.declaration_result.message_count or 0
                    QUEUED.labels(name.removeprefix(f"{link.topology.prefix}.")).set(waiting)
    finally:
        await close_channel(channel)
