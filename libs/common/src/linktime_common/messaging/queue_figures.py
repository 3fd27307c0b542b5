"""Metrics of what waits for a consumer: in its queues, and for an operator."""

import asyncio

from prometheus_client import Gauge

from linktime_common.messaging import parked
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import close_channel, lost_if_cancelled
from linktime_common.postgres import Database

MEASURE_SECONDS = 15.0
CALL_SECONDS = 10.0

QUEUED = Gauge(
    "linktime_queue_messages",
    "Messages in a queue of RabbitMQ that wait for this service",
    ["queue"],
)
PARKED = Gauge("linktime_parked_messages", "Dead-lettered messages that wait for an operator")


async def measure(consumer: str, database: Database, link: BrokerLink) -> None:
    """Set the gauges; each without the other if the broker or the database is unavailable."""
    async with database.connection() as connection:
        PARKED.set(await parked.count(connection))
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
