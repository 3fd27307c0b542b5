"""Takes in the events of one queue many at a time: one transaction, one acknowledgement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from aio_pika.abc import AbstractIncomingMessage

from linktime_common import logs
from linktime_common.contracts.events import Event
from linktime_common.endless import wait
from linktime_common.messaging import inbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import STAGE_SECONDS
from linktime_common.messaging.intake import MESSAGES, Intake, Outage, Outcome, outages
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.subscription import Subscription
from linktime_common.postgres import Connection, Database, repeat_contended
from linktime_common.supervision import SupervisedTask, run_supervised

PREFETCH = 600
MOST_MESSAGES = 200
COLLECT_SECONDS = 0.01
BATCH_SECONDS = 60.0

BatchHandler = Callable[[Connection, Sequence[Event]], Awaitable[int]]
"""The effect of all the events, by the given connection alone, in one transaction. It must know
by itself which of them it has had before, as no inbox is asked; returns how many were new."""


class BatchConsumer:
    """One consumer of the topology, as `Consumer` is, for a handler that takes many at a time.

    A batch that fails for another reason than an outage is taken in one by one, so that only the
    message to blame is tried again later or parked.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        link: BrokerLink,
        events: Iterable[type[Event]],
        handle: BatchHandler,
        *,
        on_effect: Callable[[], None],
    ) -> None:
        """`on_effect` is called after every commit."""
        self._name = name
        self._database = database
        self._handle = handle
        self._on_effect = on_effect
        self._publisher = Publisher(link, timeout_seconds=STAGE_SECONDS)
        self._intake = Intake(
            name,
            database,
            link.topology,
            self._publisher,
            dict.fromkeys(events, self._handle_one),
            handler_seconds=BATCH_SECONDS,
        )
        self._subscription = Subscription(
            name,
            database,
            link,
            prefetch=PREFETCH,
            deliver=partial(self._collect, was_given_up=False),
            deliver_parked=partial(self._collect, was_given_up=True),
        )
        # In the order of delivery tags, what the broker gave up among the rest: acknowledging the
        # last of a batch then answers those of the batch and no other.
        self._arrived: list[tuple[AbstractIncomingMessage, bool]] = []
        self._full = asyncio.Event()
        self._is_working = False

    async def is_ready(self) -> bool:
        """True while subscribed."""
        return self._subscription.is_ready

    async def run(self) -> None:
        """Consume until cancelled, then let the batch in hand finish; outages are waited out."""
        try:
            await run_supervised(
                SupervisedTask(f"consumer {self._name}", self._subscription.run),
                SupervisedTask("inbox is pruned", partial(inbox.keep_pruned, self._database)),
            )
        finally:
            await self._publisher.close()

    def _collect(self, message: AbstractIncomingMessage, *, was_given_up: bool) -> None:
        if not self._subscription.is_open:
            return  # it goes back to its queue when the channel closes
        self._arrived.append((message, was_given_up))
        if len(self._arrived) >= MOST_MESSAGES:
            self._full.set()
        if not self._is_working:
            self._is_working = True
            self._subscription.started(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """Take in what has arrived, batch after batch."""
        try:
            while self._arrived and self._subscription.is_open:
                await wait(self._full, COLLECT_SECONDS)
                batch, self._arrived = (
                    self._arrived[:MOST_MESSAGES],
                    self._arrived[MOST_MESSAGES:],
                )
                if len(self._arrived) < MOST_MESSAGES:
                    self._full.clear()
                await self._finish(batch)
        finally:
            self._is_working = False
            self._arrived.clear()  # when the subscription ends; else none is left

    async def _finish(self, batch: list[tuple[AbstractIncomingMessage, bool]]) -> None:
        try:
            await self._take(batch)
        except Exception as error:
            if not isinstance(error, Outage):
                logs.logger().exception("intake failed", consumer=self._name)
            self._subscription.pause()
            for message, was_given_up in batch:
                if not was_given_up:
                    await self._subscription.give_back(message, self._intake)
            return
        self._subscription.went_well()
        await self._subscription.acknowledge(batch[-1][0], multiple=True)

    async def _take(self, batch: list[tuple[AbstractIncomingMessage, bool]]) -> None:
        """Bring all of them to their end, short of acknowledging; raises `Outage`."""
        events: list[Event] = []
        messages: list[AbstractIncomingMessage] = []
        for message, was_given_up in batch:
            if was_given_up:
                await self._intake.park_undeliverable(message)
            elif (event := await self._intake.read(message)) is not None:
                events.append(event)
                messages.append(message)
        if not events:
            return
        try:
            await self._apply(events)
        except Outage:
            raise
        except Exception as error:
            logs.logger().warning("batch taken apart", rows=len(events), error=error)
            for message in messages:
                await self._intake.take(message)
            self._on_effect()

    async def _apply(self, events: list[Event]) -> None:
        with outages():
            new = await repeat_contended(partial(self._handle_all, events))
        MESSAGES.labels(self._name, Outcome.APPLIED).inc(new)
        MESSAGES.labels(self._name, Outcome.DUPLICATE).inc(len(events) - new)
        logs.logger().info("messages", consumer=self._name, count=len(events), new=new)
        self._on_effect()

    async def _handle_all(self, events: list[Event]) -> int:
        async with asyncio.timeout(BATCH_SECONDS), self._database.transaction() as connection:
            return await self._handle(connection, events)

    async def _handle_one(self, connection: Connection, event: Event) -> None:
        await self._handle(connection, [event])
