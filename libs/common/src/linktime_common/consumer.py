"""Takes in the events of one queue, each exactly once in effect."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from prometheus_client import Counter, Gauge

from linktime_common import inbox, logs
from linktime_common.broker import BROKER_LOST, BrokerLink, close_channel
from linktime_common.contracts.events import Event
from linktime_common.endless import heed_cancellation, repeat, wait
from linktime_common.errors import Unavailable
from linktime_common.intake import Handler, Intake, Outage, Outcome
from linktime_common.postgres import Database
from linktime_common.publisher import Publisher

AT_ONCE = 8  # handlers; each holds a connection of the pool that HTTP requests use too
CALL_SECONDS = 10.0
STOP_SECONDS = 10.0
WATCH_SECONDS = 15.0
STUCK_SECONDS = 60.0
STAGE_SECONDS = 5.0
OFTEN_DELIVERED = 20
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 10.0
PRUNE_SECONDS = 600.0
PRUNE_ROWS = 1000

CONSUMING = Gauge("linktime_consumer_up", "1 while subscribed", ["consumer"])
PAUSES = Counter("linktime_consumer_pauses", "Subscriptions ended by an outage", ["consumer"])
LATE_ACKS = Counter(
    "linktime_consumer_late_acks", "Acknowledgements that found the channel closed", ["consumer"]
)


class Consumer:
    """One consumer of the topology (`contacts`, `bookings.mail`) and what it does on each event.

    A failing handler is tried again after each of the topology's delays, then the message is
    parked; what cannot be an event is parked at once, an unknown event is acknowledged. When
    something of ours is away (`Unavailable`, a lost connection, a broker that takes no retry) no
    attempt is counted: the subscription ends until the database answers again.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        link: BrokerLink,
        handlers: Mapping[type[Event], Handler],
        *,
        prefetch: int = 20,
        on_effect: Callable[[], None] | None = None,
        handler_timeout: timedelta = timedelta(seconds=60),
        keep: timedelta = timedelta(days=30),
    ) -> None:
        """`on_effect` is called after every commit of a handler's effect; `keep` is of inbox rows.

        With `prefetch=1` events are handled one after another.
        """
        self._name = name
        self._database = database
        self._link = link
        self._prefetch = prefetch
        self._on_effect = on_effect
        self._keep = keep
        self._publisher = Publisher(link, timeout_seconds=STAGE_SECONDS)
        self._intake = Intake(
            name,
            database,
            link.topology,
            self._publisher,
            handlers,
            handler_seconds=handler_timeout.total_seconds(),
        )
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._end = asyncio.Event()
        self._end.set()
        self._running: set[asyncio.Task[None]] = set()
        self._outages = 0
        self._last_delivery = 0.0

    async def is_ready(self) -> bool:
        """True while subscribed."""
        return not self._end.is_set()

    async def run(self) -> None:
        """Consume until cancelled, then let running handlers finish; outages are waited out."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(repeat(f"consumer {self._name}", self._consume))
                group.create_task(
                    repeat("inbox is pruned", self._prune, after_seconds=PRUNE_SECONDS)
                )
        finally:
            await self._publisher.close()

    async def _consume(self) -> None:
        """One subscription, from its beginning to whatever ends it."""
        if self._outages:
            await self._wait_for_the_database()
        channel = await self._link.consuming_channel(self._prefetch)
        queues: list[tuple[AbstractQueue, str]] = []
        self._end.clear()
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._subscribe(channel, queues)
            heed_cancellation()
            CONSUMING.labels(self._name).set(1)
            logs.logger().info("consuming", consumer=self._name)
            await self._watch(channel)
        except BROKER_LOST as error:
            logs.logger().warning("not consuming", consumer=self._name, error=str(error))
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
        finally:
            self._end.set()
            CONSUMING.labels(self._name).set(0)
            await self._finish(channel, queues)

    async def _subscribe(
        self, channel: AbstractChannel, queues: list[tuple[AbstractQueue, str]]
    ) -> None:
        queue, parking = await self._link.topology.declare_consumer(channel, self._name)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._on_cancelled_by_broker)
        channel.close_callbacks.add(self._on_closed)
        for source, handle in ((parking, self._keep_undeliverable), (queue, self._handle)):
            queues.append((source, await source.consume(self._deliver_to(handle))))

    def _deliver_to(
        self, handle: Callable[[AbstractIncomingMessage], Coroutine[Any, Any, None]]
    ) -> Callable[[AbstractIncomingMessage], Coroutine[Any, Any, None]]:
        async def deliver(message: AbstractIncomingMessage) -> None:
            # A task of ours: those of aiormq are cancelled when the channel closes, and a handler
            # that is nearly done had better commit.
            self._last_delivery = asyncio.get_running_loop().time()
            task = asyncio.create_task(handle(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

        return deliver

    async def _handle(self, message: AbstractIncomingMessage) -> None:
        try:
            async with self._turn:
                if self._end.is_set():
                    await self._give_back(message)
                    return
                outcome = await self._intake.take(message)
        except Outage:
            await self._pause_for_outage(message)
            return
        except Exception:
            logs.logger().exception("intake failed", consumer=self._name)
            await self._pause_for_outage(message)
            return
        self._outages = 0
        if outcome is Outcome.APPLIED and self._on_effect:
            self._on_effect()
        await self._acknowledge(message)

    async def _keep_undeliverable(self, message: AbstractIncomingMessage) -> None:
        try:
            await self._intake.park_undeliverable(message)
        except Outage:
            self._outages += 1
            self._end.set()
            return
        await self._acknowledge(message)

    async def _pause_for_outage(self, message: AbstractIncomingMessage) -> None:
        if not self._end.is_set():
            self._outages += 1
            PAUSES.labels(self._name).inc()
            self._end.set()
        await self._give_back(message)

    async def _give_back(self, message: AbstractIncomingMessage) -> None:
        """Leave it unanswered: closing the channel returns it to its queue."""
        deliveries = message.headers.get("x-delivery-count")
        if isinstance(deliveries, int) and deliveries >= OFTEN_DELIVERED:
            with contextlib.suppress(Outage):
                await self._intake.send_round(message)
                await self._acknowledge(message)

    async def _acknowledge(self, message: AbstractIncomingMessage) -> None:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await message.ack()
        except BROKER_LOST:
            LATE_ACKS.labels(self._name).inc()  # delivered again, to be found in the inbox

    async def _watch(self, channel: AbstractChannel) -> None:
        """Return when the subscription has ended, by itself or in the broker's eyes."""
        while not self._end.is_set() and not channel.is_closed:
            await wait(self._end, WATCH_SECONDS)
            if not self._end.is_set() and not await self._broker_agrees():
                logs.logger().warning("subscription lost", consumer=self._name)
                return

    async def _broker_agrees(self) -> bool:
        """Does the broker count us as a consumer, and is it not holding messages back?"""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                channel = await self._link.consuming_channel(1)
                try:
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
        """No more deliveries; let handlers finish; return the rest by closing the channel."""
        with contextlib.suppress(*BROKER_LOST):
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
        if not await self._database.is_reachable():
            raise Unavailable("the database cannot be reached")

    async def _prune(self) -> None:
        deleted = PRUNE_ROWS
        while deleted == PRUNE_ROWS:
            async with self._database.connection() as connection:
                deleted = await inbox.prune(connection, older_than=self._keep, limit=PRUNE_ROWS)

    def _on_cancelled_by_broker(self, *_what: object) -> None:
        self._end.set()

    def _on_closed(self, *_what: object) -> None:
        self._end.set()
