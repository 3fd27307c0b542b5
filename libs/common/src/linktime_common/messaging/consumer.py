"""Consumes the events of one queue with exactly-once effects, many in one transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from aio_pika.abc import AbstractIncomingMessage as Message

from linktime_common import logs
from linktime_common.contracts.events import Event
from linktime_common.endless import wait
from linktime_common.messaging import inbox
from linktime_common.messaging.applying import BatchHandler, Handler
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.intake import Intake, MessageOutcome
from linktime_common.messaging.outages import Outage
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.subscription import Subscription
from linktime_common.postgres import Database
from linktime_common.supervision import SupervisedTask, run_supervised

PREFETCH = 200
MOST_TOGETHER = 50
# An event after an idle period is processed at once, later ones are batched.
BETWEEN = timedelta(milliseconds=50)
AT_ONCE = 8  # of a split batch; each uses a connection from the pool that HTTP requests use too
STAGE_SECONDS = 5.0


class Consumer:
    """One consumer of the topology (`contacts`, `bookings.mail`) and its event handlers.

    All messages that have arrived are processed in one transaction, recorded by one statement and
    acknowledged once. If that fails, each message is processed separately, so that only the failing
    one is retried after each of the topology's delays and parked in the end; a message that is not
    an event is parked at once, an unknown event is acknowledged. When a dependency is unavailable
    (`Unavailable`, a lost connection, a broker that accepts no retry) no attempt is counted: the
    subscription ends until the database responds again.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        link: BrokerLink,
        handlers: Mapping[type[Event], Handler | BatchHandler],
        *,
        prefetch: int = PREFETCH,
        most_together: int = MOST_TOGETHER,
        between: timedelta = BETWEEN,
        on_effect: Callable[[], None] | None = None,
        handler_timeout: timedelta = timedelta(seconds=60),
        keep: timedelta = inbox.KEPT,
    ) -> None:
        """`on_effect` is called after each commit; `keep` is the age limit of inbox rows.

        Transactions start `between` apart while fewer than `most_together` messages wait. With
        `prefetch=1` events are processed one after another.
        """
        self._name = name
        self._database = database
        self._most = min(most_together, prefetch)
        self._between_seconds = between.total_seconds()
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
        self._subscription = Subscription(
            name,
            database,
            link,
            prefetch=prefetch,
            deliver=partial(self._collect, was_given_up=False),
            deliver_parked=partial(self._collect, was_given_up=True),
        )
        # In the order of delivery tags, undeliverable messages included: a multiple acknowledgement
        # then covers the batch and no other message.
        self._arrived: list[tuple[Message, bool]] = []
        self._full = asyncio.Event()
        self._is_working = False
        self._next_at = 0.0

    async def is_ready(self) -> bool:
        """Whether the consumer is subscribed."""
        return self._subscription.is_ready

    async def run(self) -> None:
        """Consume until cancelled, then finish the current batch; waits out outages."""
        try:
            await run_supervised(
                SupervisedTask(f"consumer {self._name}", self._subscription.run),
                SupervisedTask(
                    "inbox pruner",
                    partial(inbox.keep_pruned, self._database, older_than=self._keep),
                ),
            )
        finally:
            await self._publisher.close()

    def _collect(self, message: Message, *, was_given_up: bool) -> None:
        if not self._subscription.is_open:
            return  # it returns to its queue when the channel closes
        self._arrived.append((message, was_given_up))
        if len(self._arrived) >= self._most:
            self._full.set()
        if not self._is_working:
            self._is_working = True
            self._subscription.started(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """Process batches of arrived messages until the subscription ends."""
        loop = asyncio.get_running_loop()
        try:
            while self._arrived and self._subscription.is_open:
                await wait(self._full, max(self._next_at - loop.time(), 0.0))
                self._next_at = loop.time() + self._between_seconds
                batch, self._arrived = self._arrived[: self._most], self._arrived[self._most :]
                if len(self._arrived) < self._most:
                    self._full.clear()
                await self._finish(batch)
        finally:
            self._is_working = False
            self._arrived.clear()  # set when the subscription ends; otherwise none is left

    async def _finish(self, batch: Sequence[tuple[Message, bool]]) -> None:
        """Process the messages and acknowledge them; unfinished ones return to the queue."""
        messages = [message for message, was_given_up in batch if not was_given_up]
        try:
            for message, was_given_up in batch:
                if was_given_up:
                    await self._intake.park_undeliverable(message)
                    await self._subscription.acknowledge(message)
            left = messages if len(messages) == 1 else await self._together(messages)
        except Exception as error:
            await self._pause(messages, error)
            return
        if len(left) < len(batch):
            self._subscription.went_well()
        if messages and not left:
            await self._subscription.acknowledge(messages[-1], multiple=True)
        if not left:
            return
        for message in messages:
            if not any(message is one for one in left):
                await self._subscription.acknowledge(message)
        turn = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._alone(message, turn) for message in left))

    async def _together(self, messages: Sequence[Message]) -> Sequence[Message]:
        left, new = await self._intake.take_together(messages)
        if new and self._on_effect:
            self._on_effect()
        return left

    async def _alone(self, message: Message, turn: asyncio.Semaphore) -> None:
        async with turn:
            if not self._subscription.is_open:
                await self._subscription.requeue(message, self._intake)
                return
            try:
                outcome = await self._intake.take(message)
                if outcome is MessageOutcome.APPLIED and self._on_effect:
                    self._on_effect()
            except Exception as error:
                await self._pause([message], error)
                return
        self._subscription.went_well()
        await self._subscription.acknowledge(message)

    async def _pause(self, messages: Sequence[Message], error: Exception) -> None:
        if not isinstance(error, Outage):
            logs.logger().exception("intake failed", consumer=self._name)
        self._subscription.pause()
        for message in messages:
            await self._subscription.requeue(message, self._intake)
