"""A service's connections to RabbitMQ: supervised, with channels opened on them.

Every channel belongs to one connection and ends with it; its user (relay, consumer) opens the next.
This is deliberately simpler than aio-pika's robust connections, which restore channels and
consumers after the fact, in an order that does not fit the topology.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from prometheus_client import Counter

from linktime_common import logs
from linktime_common.endless import check_cancelled
from linktime_common.errors import NotReady
from linktime_common.messaging.topology import Topology
from linktime_common.supervision import SupervisedTask

CONNECT_SECONDS = 10.0
CHANNEL_SECONDS = 5.0
CLOSE_SECONDS = 2.0
ASK_AGAIN_SECONDS = 0.5
HEARTBEAT_SECONDS = 10
PING_SECONDS = 5.0
GIVE_UP_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 3.0

# aiormq raises RuntimeError (also its subclass ChannelInvalidStateError) on closed objects.
BROKER_LOST = (AMQPError, ChannelInvalidStateError, RuntimeError, OSError, TimeoutError)
"""What aio-pika raises when the broker is unavailable, times out, or has closed the channel."""

BLOCKED = (
    "RabbitMQ blocks publishing, since it is short of memory or disk; `rabbitmqctl status` names "
    "the alarm"
)

CONNECTIONS = Counter("linktime_broker_connections", "Connections opened", ["purpose"])


class BrokerLink:
    """Two connections kept open, one to publish and one to consume. Created by `open`.

    The topology is declared on every new publishing connection before its first use.
    """

    def __init__(self, url: str, *, name: str, topology: Topology) -> None:
        self.topology = topology
        self._url = url
        self._name = name
        self._publishing = _SupervisedConnection("publish", self._connect_to_publish)
        self._consuming = _SupervisedConnection("consume", self._connect_to_consume)

    @classmethod
    async def open(cls, url: str, *, name: str, topology: Topology | None = None) -> Self:
        """Start connecting as the service `name`, until `close`.

        Returns at once, also if the broker is unavailable: users wait for it; see `is_ready`.
        """
        link = cls(url, name=name, topology=topology or Topology())
        link._publishing.start()
        return link

    async def is_ready(self) -> bool:
        """Whether the topology is declared and the broker responds on every connection in use.

        Raises NotReady while a broker alarm blocks publishing.
        """
        if await self._publishing.is_blocked():
            raise NotReady(BLOCKED)
        return all(line.is_healthy for line in (self._publishing, self._consuming) if line.is_used)

    async def publishing_channel(self) -> AbstractChannel:
        """Open a channel with confirms and unroutable messages as errors; waits for the broker."""
        return await self._publishing.channel()

    async def consuming_channel(self, prefetch: int) -> AbstractChannel:
        """Open a channel on the consuming connection; waits for the broker."""
        self._consuming.start()
        channel = await self._consuming.channel()
        with lost_if_cancelled():
            async with asyncio.timeout(CHANNEL_SECONDS):
                await channel.set_qos(prefetch_count=prefetch)
        return channel

    async def wait_until_up(self) -> None:
        """Return when the publishing connection is open and the topology declared."""
        await self._publishing.connection()

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
            channel = await open_channel(connection)
            with lost_if_cancelled():
                await self.topology.declare(channel, first=self._name)
            await close_channel(channel)
            check_cancelled()
        except BaseException:
            await drop(connection)
            raise
        return connection


class _SupervisedConnection:
    """A connection that is reopened whenever it is lost or times out."""

    def __init__(self, purpose: str, connect: Callable[[], Awaitable[AbstractConnection]]) -> None:
        self._purpose = purpose
        self._connect = connect
        self._task = SupervisedTask(f"broker {purpose}", self._keep)
        self._current: AbstractConnection | None = None
        self._changed = asyncio.Condition()
        self._answers = False
        self.is_used = False

    @property
    def is_healthy(self) -> bool:
        return self._current is not None and self._answers

    def start(self) -> None:
        if not self.is_used:
            self.is_used = True
            self._task.start()

    async def stop(self) -> None:
        # The client may swallow a cancellation while it connects, so repeat it until it ends.
        await self._task.stop(ask_every_seconds=ASK_AGAIN_SECONDS)

    async def is_blocked(self) -> bool:
        """Whether the broker has blocked this connection."""
        connection = self._current
        transport = connection.transport if connection else None
        if transport is None:
            return False
        try:
            # It waits as long as the broker blocks an open connection, else not at all.
            async with asyncio.timeout(0):
                await transport.ready()
        except TimeoutError:
            return True
        return False

    async def connection(self) -> AbstractConnection:
        async with self._changed:
            await self._changed.wait_for(lambda: self._current is not None)
            assert self._current is not None  # noqa: S101 - for the type checker
            return self._current

    async def channel(self) -> AbstractChannel:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await open_channel(await self.connection())
            except BROKER_LOST:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                connection = await self._connect()
            except BROKER_LOST as error:
                _log("broker not reached", self._purpose, error)
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - a pause
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            pause = FIRST_PAUSE_SECONDS
            try:
                await self._set(connection)
                await self._watch(connection)
            finally:
                await self._set(None)
                await drop(connection)
            _log("broker connection lost", self._purpose, None)
            await asyncio.sleep(pause)

    async def _set(self, connection: AbstractConnection | None) -> None:
        async with self._changed:
            self._current = connection
            self._answers = connection is not None
            self._changed.notify_all()

    async def _watch(self, connection: AbstractConnection) -> None:
        """Return when the connection is closed, or has not responded for GIVE_UP_SECONDS."""
        closed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def on_closed(*_how: object) -> None:
            if not closed.done():
                closed.set_result(True)

        connection.close_callbacks.add(on_closed)
        while not closed.done():
            ping = asyncio.create_task(_ping(connection))
            try:
                for patience in (PING_SECONDS, GIVE_UP_SECONDS - PING_SECONDS):
                    await asyncio.wait(
                        {ping, closed}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                    )
                    self._answers = ping.done() and ping.result()
                    if ping.done() or closed.done():
                        break
            finally:
                ping.cancel()
                await asyncio.gather(ping, return_exceptions=True)
            if not self._answers:
                return
            await asyncio.wait({closed}, timeout=PING_SECONDS)


async def _ping(connection: AbstractConnection) -> bool:
    """Whether the broker responds, returned as soon as it does; False for a closed connection."""
    # This does not use a queue, as one without a leader would not respond; and the wait has no
    # timeout, so that a broker that was only paused is healthy at once.
    try:
        with lost_if_cancelled():
            channel = connection.channel()
            await channel.initialize()
            await channel.close()
    except BROKER_LOST:
        return False
    return True


@contextlib.contextmanager
def lost_if_cancelled() -> Iterator[None]:
    """Convert aiormq's cancellation of a call in the block to ConnectionError.

    aiormq cancels pending calls when their channel or connection is closed. That looks like a
    cancellation of the task, so it must not reach the task's owner. aiormq raises
    StopAsyncIteration when a connection is accepted and closed at once.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        check_cancelled()
        raise ConnectionError("the channel was closed") from error
    except StopAsyncIteration as error:
        raise ConnectionError("the connection was closed") from error


async def open_channel(connection: AbstractConnection) -> AbstractChannel:
    """Open a channel with confirms and unroutable messages as errors; raises BROKER_LOST."""
    channel = connection.channel(publisher_confirms=True, on_return_raises=True)
    with lost_if_cancelled():
        async with asyncio.timeout(CHANNEL_SECONDS):
            await channel.initialize()
    check_cancelled()
    return channel


async def close_channel(channel: AbstractChannel) -> None:
    """Close the channel with a short timeout: one that waits for a queue without a leader hangs."""
    with contextlib.suppress(*BROKER_LOST), lost_if_cancelled():
        async with asyncio.timeout(CLOSE_SECONDS):
            await channel.close()


async def drop(connection: AbstractConnection) -> None:
    """Close the connection with a short timeout."""
    with contextlib.suppress(*BROKER_LOST), lost_if_cancelled():
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()


def _log(what: str, purpose: str, error: BaseException | None) -> None:
    logs.logger().warning(what, purpose=purpose, error=error)
