"""A service's connections to RabbitMQ: supervised, with channels opened on them.

Every channel belongs to one connection and ends with it; its user (relay, consumer) opens the next.
This is deliberately simpler than aio-pika's robust connections, which restore channels and
consumers after the fact, in an order that does not fit the topology.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from prometheus_client import Counter

from linktime_common import logs
from linktime_common.endless import check_cancelled, periodic
from linktime_common.messaging.broker_reasons import BLOCKED, reason_of
from linktime_common.messaging.channels import (
    BROKER_LOST,
    close_channel,
    drop,
    limit_prefetch,
    lost_if_cancelled,
    open_channel,
)
from linktime_common.messaging.supervised_connection import SupervisedConnection
from linktime_common.messaging.topology import Topology

CONNECT_SECONDS = 10.0
HEARTBEAT_SECONDS = 10
# Deleted exchanges, queues and bindings come back after these times.
DECLARE_AGAIN_SECONDS = 5.0  # when a message finds none
DECLARE_EVERY_SECONDS = 60.0

CONNECTIONS = Counter("linktime_broker_connections", "Connections opened", ["purpose"])


class BrokerLink:
    """Two connections kept open, one to publish and one to consume. Created by `open`.

    The topology is declared on every new publishing connection before its first use, and again
    regularly, since exchanges and queues may be deleted.
    """

    def __init__(self, url: str, *, name: str, topology: Topology) -> None:
        self.topology = topology
        self._url = url
        self._name = name
        self._publishing = SupervisedConnection("publish", self._connect_to_publish)
        # Not the other way round: an alarm of the broker blocks the publishing connection only.
        self._consuming = SupervisedConnection(
            "consume", self._connect_to_consume, other=self._publishing
        )
        self._declares = periodic(
            "topology declarer", self._keep_declared, every_seconds=DECLARE_EVERY_SECONDS
        )
        self._declaring = asyncio.Lock()
        self._declared_at = 0.0

    @classmethod
    async def open(cls, url: str, *, name: str, topology: Topology | None = None) -> Self:
        """Start connecting as the service `name`, until `close`.

        Returns at once, also if the broker is unavailable: users wait for it; see `is_ready`.
        """
        link = cls(url, name=name, topology=topology or Topology())
        link._publishing.start()
        link._declares.start()
        return link

    async def find_problem(self) -> str | None:
        """Return why messages cannot be published and consumed, or None.

        None if the topology is declared, the broker responds on every connection in use and no
        alarm blocks publishing.
        """
        if await self._publishing.is_blocked():
            return BLOCKED
        used = (line for line in (self._publishing, self._consuming) if line.is_used)
        return next(filter(None, (line.problem for line in used)), None)

    async def publishing_channel(self) -> AbstractChannel:
        """Open a channel with confirms and unroutable messages as errors; waits for the broker."""
        return await self._publishing.channel()

    async def consuming_channel(self, prefetch: int) -> AbstractChannel:
        """Open a channel on the consuming connection; waits for the broker."""
        self._consuming.start()
        channel = await self._consuming.channel()
        await limit_prefetch(channel, prefetch)
        return channel

    @contextlib.contextmanager
    def calling_when_lost(self, call: Callable[[], None]) -> Iterator[None]:
        """Call `call` in the block when the consuming connection is lost."""
        self._consuming.on_lost.add(call)
        try:
            yield
        finally:
            self._consuming.on_lost.discard(call)

    async def wait_until_up(self) -> None:
        """Return when the publishing connection is open and the topology declared."""
        await self._publishing.connection()

    async def count_of_queue(self, consumer: str) -> tuple[int, int]:
        """Return the subscriptions to a consumer's queue and the messages that wait in it.

        Waits for the broker; raises one of BROKER_LOST.
        """
        channel = await self._publishing.channel()
        try:
            with lost_if_cancelled():
                queue = await channel.declare_queue(self.topology.queue(consumer), passive=True)
        finally:
            await close_channel(channel)
        found = queue.declaration_result
        return found.consumer_count or 0, found.message_count or 0

    async def declare_again(self, began: float) -> bool:
        """Declare the topology, since a message sent at `began` found no exchange or no queue.

        Returns whether that was done since `began`, and thus another attempt makes sense; once in
        DECLARE_AGAIN_SECONDS, so that an event without a consumer costs little.
        """
        async with self._declaring:
            now = asyncio.get_running_loop().time()
            if self._declared_at < began and now - self._declared_at >= DECLARE_AGAIN_SECONDS:
                await self._declare_or_log(await self._publishing.connection())
            return self._declared_at >= began

    @contextlib.asynccontextmanager
    async def separate_channel(self) -> AsyncIterator[AbstractChannel]:
        """Open a publishing channel on a separate connection, for messages that may block it.

        Raises one of `BROKER_LOST` when the broker refuses the connection.
        """
        connection = await self._connect("separate")
        try:
            yield await open_channel(connection)
        finally:
            await drop(connection)

    async def close(self) -> None:
        """Close both connections."""
        await self._declares.stop()
        await asyncio.gather(self._publishing.stop(), self._consuming.stop())

    async def _connect(self, purpose: str) -> AbstractConnection:
        with lost_if_cancelled():
            connection = await aio_pika.connect(
                self._url,
                timeout=CONNECT_SECONDS,
                heartbeat=HEARTBEAT_SECONDS,
                client_properties={"connection_name": f"{self._name} {purpose}"},
            )
        try:
            check_cancelled()
        except asyncio.CancelledError:
            await drop(connection)
            raise
        CONNECTIONS.labels(purpose).inc()
        return connection

    async def _connect_to_consume(self) -> AbstractConnection:
        return await self._connect("consume")

    async def _connect_to_publish(self) -> AbstractConnection:
        connection = await self._connect("publish")
        try:
            await self._declare(connection)
        except BaseException:
            await drop(connection)
            raise
        return connection

    async def _declare(self, connection: AbstractConnection) -> None:
        self._declared_at = asyncio.get_running_loop().time()
        channel = await open_channel(connection)
        try:
            with lost_if_cancelled():
                await self.topology.declare(channel, first=self._name)
        finally:
            await close_channel(channel)
        check_cancelled()

    async def _declare_or_log(self, connection: AbstractConnection) -> None:
        try:
            await self._declare(connection)
        except BROKER_LOST as error:
            logs.logger().warning("topology not declared", reason=reason_of(error), error=error)

    async def _keep_declared(self) -> None:
        connection = await self._publishing.connection()
        async with self._declaring:
            now = asyncio.get_running_loop().time()
            if now - self._declared_at >= DECLARE_EVERY_SECONDS / 2:
                await self._declare_or_log(connection)
