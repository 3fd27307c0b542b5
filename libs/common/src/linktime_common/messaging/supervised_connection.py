"""One connection to RabbitMQ, reopened whenever it is lost or does not respond."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from aio_pika.abc import AbstractChannel, AbstractConnection

from linktime_common import logs
from linktime_common.messaging.broker_reasons import LOST, NOT_YET, SILENT, reason_of
from linktime_common.messaging.channels import (
    BROKER_LOST,
    drop,
    lost_if_cancelled,
    open_channel,
)
from linktime_common.supervision import SupervisedTask

ASK_AGAIN_SECONDS = 0.5
PING_SECONDS = 5.0
GIVE_UP_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 3.0
LOG_AGAIN_SECONDS = 60.0


class SupervisedConnection:
    """A connection that is reopened whenever it is lost or times out."""

    def __init__(
        self,
        purpose: str,
        connect: Callable[[], Awaitable[AbstractConnection]],
        *,
        other: "SupervisedConnection | None" = None,
    ) -> None:
        """`other` is a connection to the same broker."""
        self._purpose = purpose
        self._connect = connect
        self._other = other
        self.answered_ping_of = 0.0
        """When the last ping was sent that the broker answered, on the loop's clock."""
        self.on_lost: set[Callable[[], None]] = set()
        self._task = SupervisedTask(f"broker {purpose}", self._keep)
        self._current: AbstractConnection | None = None
        self._changed = asyncio.Condition()
        self._answers = False
        self._problem: str | None = None
        self._logged_at = 0.0
        self.is_used = False

    @property
    def problem(self) -> str | None:
        """Why the connection is not open, or None."""
        if self._current is None:
            return self._problem or NOT_YET
        return None if self._answers else SILENT

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
                self._not_reached(error)
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - a pause
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            pause = FIRST_PAUSE_SECONDS
            self._problem = None
            try:
                await self._set(connection)
                await self._watch(connection)
            finally:
                await self._set(None)
                # The client calls nothing for a connection whose closing is not answered.
                for call in list(self.on_lost):
                    call()
                await drop(connection)
            self._problem = LOST
            logs.logger().warning("broker connection lost", purpose=self._purpose)
            await asyncio.sleep(pause)

    def _not_reached(self, error: BaseException) -> None:
        """Keep the reason; log a new one at once, and the same one once a minute."""
        reason, now = reason_of(error), asyncio.get_running_loop().time()
        if reason != self._problem or now - self._logged_at >= LOG_AGAIN_SECONDS:
            logs.logger().warning(
                "broker not reached", purpose=self._purpose, reason=reason, error=error
            )
            self._logged_at = now
        self._problem = reason

    async def _set(self, connection: AbstractConnection | None) -> None:
        async with self._changed:
            self._current = connection
            self._answers = connection is not None
            self._changed.notify_all()

    async def _watch(self, connection: AbstractConnection) -> None:
        """Return when the connection is closed, or does not respond for too long."""
        loop = asyncio.get_running_loop()
        closed: asyncio.Future[bool] = loop.create_future()

        def on_closed(*_how: object) -> None:
            if not closed.done():
                closed.set_result(True)

        connection.close_callbacks.add(on_closed)
        while not closed.done():
            began = loop.time()
            ping = asyncio.create_task(_ping(connection))
            try:
                await self._wait_for(ping, closed)
            finally:
                ping.cancel()
                await asyncio.gather(ping, return_exceptions=True)
            if not self._answers:
                return
            self.answered_ping_of = began
            await asyncio.wait({closed}, timeout=PING_SECONDS)

    async def _wait_for(self, ping: "asyncio.Task[bool]", closed: "asyncio.Future[bool]") -> None:
        """Wait for one of them for GIVE_UP_SECONDS.

        No longer than PING_SECONDS if the broker meanwhile responds on the other connection: then
        it is not paused, and this connection is dead.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < GIVE_UP_SECONDS:
            await asyncio.wait(
                {ping, closed}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            self._answers = ping.done() and ping.result()
            if ping.done() or closed.done():
                return
            if self._other is not None and self._other.answered_ping_of > began:
                return


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
