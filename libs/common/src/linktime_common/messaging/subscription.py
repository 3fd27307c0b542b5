"""A consumer's subscription: subscribe, detect its end, wait out an outage."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from prometheus_client import Counter, Gauge

from linktime_common import logs
from linktime_common.endless import check_cancelled, repeat, wait
from linktime_common.errors import Unavailable
from linktime_common.failure_logs import log_failure
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import BROKER_LOST, close_channel, lost_if_cancelled
from linktime_common.messaging.intake import Intake
from linktime_common.messaging.outages import Outage
from linktime_common.postgres import Database

CALL_SECONDS = 10.0
STOP_SECONDS = 10.0
WATCH_SECONDS = 15.0
STUCK_SECONDS = 60.0
OFTEN_DELIVERED = 20
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 10.0

CONSUMING = Gauge("linktime_consumer_up", "1 while subscribed", ["consumer"])
PAUSES = Counter("linktime_consumer_pauses", "Subscriptions ended by an outage", ["consumer"])
LATE_ACKS = Counter(
    "linktime_consumer_late_acks", "Acknowledgements that found the channel closed", ["consumer"]
)

Deliver = Callable[[AbstractIncomingMessage], None]


class Subscription:
    """Delivers the messages of one queue, and of its parking queue, to callbacks.

    `deliver` gets the queue's messages and `deliver_parked` the undeliverable ones, in the order of
    their delivery tags; both only start tasks, which they pass to `started`. After `pause` the rest
    returns to the queue, and the next subscription waits for the database.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        link: BrokerLink,
        *,
        prefetch: int,
        deliver: Deliver,
        deliver_parked: Deliver,
    ) -> None:
        self._name = name
        self._database = database
        self._link = link
        self._prefetch = prefetch
        self._deliver = deliver
        self._deliver_parked = deliver_parked
        self._end = asyncio.Event()
        self._end.set()
        self._running: set[asyncio.Task[None]] = set()
        self._is_subscribed = False
        self._outages = 0
        self._last_delivery = 0.0

    @property
    def is_open(self) -> bool:
        """Whether messages may arrive: subscribed or subscribing, and not ending."""
        return not self._end.is_set()

    @property
    def is_ready(self) -> bool:
        """Whether subscribed, with everything declared, and not ending."""
        return self._is_subscribed and self.is_open

    async def run(self) -> None:
        """Subscribe repeatedly until cancelled, and finish running tasks each time."""
        await repeat(f"consumer {self._name}", self._consume)

    def started(self, task: asyncio.Task[None]) -> None:
        """Wait for this task before the channel is closed.

        A separate task because aiormq cancels its own when the channel closes, and a handler that
        is nearly done should commit.
        """
        self._running.add(task)
        task.add_done_callback(self._work_ended)

    def pause(self) -> None:
        """A dependency is unavailable: end the subscription until the database responds again."""
        if self.is_open:
            self._outages += 1
            PAUSES.labels(self._name).inc()
            self._end.set()

    def went_well(self) -> None:
        """Reset the backoff."""
        self._outages = 0

    async def acknowledge(
        self, message: AbstractIncomingMessage, *, multiple: bool = False
    ) -> None:
        """Acknowledge the message, or all up to it."""
        try:
            with lost_if_cancelled():
                async with asyncio.timeout(CALL_SECONDS):
                    await message.ack(multiple=multiple)
        except BROKER_LOST:
            LATE_ACKS.labels(self._name).inc()  # redelivered and then detected as a duplicate

    async def requeue(self, message: AbstractIncomingMessage, intake: Intake) -> None:
        """Leave it unacknowledged: closing the channel returns it to its queue."""
        deliveries = message.headers.get("x-delivery-count")
        if isinstance(deliveries, int) and deliveries >= OFTEN_DELIVERED:
            with contextlib.suppress(Outage):
                await intake.send_round(message)
                await self.acknowledge(message)

    async def _consume(self) -> None:
        """Run one subscription until it ends."""
        if self._outages:
            await self._wait_for_the_database()
        channel = await self._link.consuming_channel(self._prefetch)
        queues: list[tuple[AbstractQueue, str]] = []
        self._end.clear()
        try:
            with lost_if_cancelled():
                async with asyncio.timeout(CALL_SECONDS):
                    await self._subscribe(channel, queues)
            check_cancelled()
            self._is_subscribed = True
            CONSUMING.labels(self._name).set(1)
            logs.logger().info("consuming", consumer=self._name)
            with self._link.calling_when_lost(self._on_ended):
                await self._watch(channel)
        except BROKER_LOST as error:
            logs.logger().warning("not consuming", consumer=self._name, error=error)
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
        finally:
            self._end.set()
            self._is_subscribed = False
            CONSUMING.labels(self._name).set(0)
            await self._finish(channel, queues)

    async def _subscribe(
        self, channel: AbstractChannel, queues: list[tuple[AbstractQueue, str]]
    ) -> None:
        queue, parking = await self._link.topology.declare_consumer(channel, self._name)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._on_ended)
        channel.close_callbacks.add(self._on_ended)
        for source, deliver in ((parking, self._deliver_parked), (queue, self._deliver)):
            queues.append((source, await source.consume(self._receiver(deliver))))

    def _receiver(
        self, deliver: Deliver
    ) -> Callable[[AbstractIncomingMessage], Coroutine[Any, Any, None]]:
        async def receive(message: AbstractIncomingMessage) -> None:
            self._last_delivery = asyncio.get_running_loop().time()
            deliver(message)

        return receive

    async def _watch(self, channel: AbstractChannel) -> None:
        """Return when the subscription has ended, locally or at the broker."""
        while self.is_open and not channel.is_closed:
            await wait(self._end, WATCH_SECONDS)
            if self.is_open and not await self._broker_agrees():
                logs.logger().warning("subscription lost", consumer=self._name)
                return

    async def _broker_agrees(self) -> bool:
        """Whether the broker counts this consumer, and delivers messages to it."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                channel = await self._link.consuming_channel(1)
                try:
                    with lost_if_cancelled():
                        queue = await channel.declare_queue(
                            self._link.topology.queue(self._name), passive=True
                        )
                finally:
                    await close_channel(channel)
        except BROKER_LOST:
            return False
        found = queue.declaration_result
        silent_for = asyncio.get_running_loop().time() - self._last_delivery
        stuck = bool(found.message_count) and not self._running and silent_for > STUCK_SECONDS
        return bool(found.consumer_count) and not stuck

    async def _finish(
        self, channel: AbstractChannel, queues: list[tuple[AbstractQueue, str]]
    ) -> None:
        """Stop deliveries, finish running tasks, return the rest by closing the channel."""
        # Running tasks finish even when cancelled; `repeat` raises the swallowed cancellation.
        with contextlib.suppress(*BROKER_LOST, asyncio.CancelledError):
            async with asyncio.timeout(CALL_SECONDS):
                for queue, tag in queues:
                    await queue.cancel(tag)
        if self._running:
            _done, late = await asyncio.wait(self._running, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await close_channel(channel)

    async def _wait_for_the_database(self) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(self._outages, 10), LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)
        if problem := await self._database.find_problem():
            raise Unavailable(problem)

    def _on_ended(self, *_what: object) -> None:
        self._end.set()

    def _work_ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None or (task.cancelled() and self.is_open):
            # Its messages are unacknowledged. Closing the channel returns them to the queue, before
            # a multiple acknowledgement covers them too.
            self._end.set()
            what = "intake task failed"
            if error is not None:
                log_failure(what, error, consumer=self._name)
            else:
                logs.logger().error(what, consumer=self._name)
