"""Takes in the events of one queue, each exactly once in effect."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from linktime_common import logs
from linktime_common.contracts.events import Event
from linktime_common.messaging import inbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.intake import Handler, Intake, Outage, Outcome
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.subscription import Subscription
from linktime_common.postgres import Database
from linktime_common.supervision import SupervisedTask, run_supervised

AT_ONCE = 8  # handlers; each holds a connection of the pool that HTTP requests use too
STAGE_SECONDS = 5.0


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
        keep: timedelta = inbox.KEPT,
    ) -> None:
        """`on_effect` is called after every commit of a handler's effect; `keep` is of inbox rows.

        With `prefetch=1` events are handled one after another.
        """
        self._name = name
        self._database = database
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
            deliver=partial(self._start, self._handle),
            deliver_parked=partial(self._start, self._keep_undeliverable),
        )
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def is_ready(self) -> bool:
        """True while subscribed."""
        return self._subscription.is_ready

    async def run(self) -> None:
        """Consume until cancelled, then let running handlers finish; outages are waited out."""
        try:
            await run_supervised(
                SupervisedTask(f"consumer {self._name}", self._subscription.run),
                SupervisedTask(
                    "inbox is pruned",
                    partial(inbox.keep_pruned, self._database, older_than=self._keep),
                ),
            )
        finally:
            await self._publisher.close()

    def _start(
        self,
        handle: Callable[[AbstractIncomingMessage], Coroutine[Any, Any, None]],
        message: AbstractIncomingMessage,
    ) -> None:
        self._subscription.started(asyncio.create_task(handle(message)))

    async def _handle(self, message: AbstractIncomingMessage) -> None:
        try:
            async with self._turn:
                if not self._subscription.is_open:
                    await self._subscription.give_back(message, self._intake)
                    return
                outcome = await self._intake.take(message)
        except Outage:
            await self._pause_for_outage(message)
            return
        except Exception:
            logs.logger().exception("intake failed", consumer=self._name)
            await self._pause_for_outage(message)
            return
        self._subscription.went_well()
        if outcome is Outcome.APPLIED and self._on_effect:
            self._on_effect()
        await self._subscription.acknowledge(message)

    async def _keep_undeliverable(self, message: AbstractIncomingMessage) -> None:
        try:
            await self._intake.park_undeliverable(message)
        except Outage:
            self._subscription.pause()
            return
        await self._subscription.acknowledge(message)

    async def _pause_for_outage(self, message: AbstractIncomingMessage) -> None:
        self._subscription.pause()
        await self._subscription.give_back(message, self._intake)
