"""Claims due deliveries, sends them, and records what came of them.

Nothing is claimed that cannot be sent at once: a row in memory is a row that a crash delays.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_common.logs import logger
from linktime_common.postgres import CONNECTION_LOST, Database
from linktime_common.sealing import Sealer
from linktime_webhooks.clients.subscriber import Outcome, Subscribers, Target
from linktime_webhooks.domain import retries, signing
from linktime_webhooks.store import deliveries
from linktime_webhooks.store.deliveries import Claimed, Completed

IN_FLIGHT = 256
PER_ENDPOINT = 8
POLL_SECONDS = 0.25
FLUSH_SECONDS = 0.01
FLUSH_ROWS = 500
OUTAGE_PAUSE_SECONDS = 1.0


class Dispatcher:
    """One per process; any number of processes share the work through the database."""

    def __init__(
        self,
        database: Database,
        subscribers: Subscribers,
        sealer: Sealer,
        delays: Sequence[float],
    ) -> None:
        self._database = database
        self._subscribers = subscribers
        self._sealer = sealer
        self._delays = delays
        self._owner = new_id()
        self._chance = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._work_is_due = asyncio.Event()
        self._results: asyncio.Queue[Completed] = asyncio.Queue()
        self._in_flight: Counter[UUID] = Counter()
        self._sending: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something due: look now, not at the next poll."""
        self._work_is_due.set()

    async def run(self) -> None:
        """Dispatch until cancelled; then give what is on the wire its time to be recorded."""
        recording = asyncio.create_task(self._record())
        try:
            while True:
                try:
                    await self._claim_and_send()
                except (Unavailable, *CONNECTION_LOST) as error:
                    logger().warning("claiming pauses", reason=repr(error))
                    await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
        finally:
            await asyncio.gather(*self._sending, return_exceptions=True)
            await self._results.join()
            recording.cancel()

    async def _claim_and_send(self) -> None:
        self._work_is_due.clear()
        free = IN_FLIGHT - self._in_flight.total()
        claimed: list[Claimed] = []
        if free > 0:
            async with self._database.connection() as connection:
                claimed = await deliveries.claim(
                    connection,
                    owner=self._owner,
                    in_flight=self._in_flight,
                    per_endpoint=PER_ENDPOINT,
                    limit=free,
                )
        for delivery in claimed:
            self._in_flight[delivery.endpoint_id] += 1
            task = asyncio.create_task(self._send(delivery))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        if not claimed:
            await self._wait_for_work()

    async def _wait_for_work(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._work_is_due.wait()
        except TimeoutError:
            return

    async def _send(self, delivery: Claimed) -> None:
        secret = self._sealer.open(delivery.sealed_secret, row=f"endpoints/{delivery.endpoint_id}")
        outcome = await self._subscribers.post(
            Target(delivery.url, [secret], {}),
            message_id=signing.message_id(delivery.message_id),
            timestamp=int(time.time()),
            body=delivery.body,
        )
        self._in_flight -= Counter({delivery.endpoint_id: 1})  # keeps positive counts only
        await self._results.put(self._judge(delivery, outcome))

    def _judge(self, delivery: Claimed, outcome: Outcome) -> Completed:
        attempt = delivery.attempt + 1
        delay = None
        if not outcome.delivered:
            delay = retries.delay_after(
                attempt,
                delays=self._delays,
                retry_after=outcome.retry_after,
                chance=self._chance,
            )
        state = "delivered" if outcome.delivered else "failed" if delay is None else "pending"
        return Completed(
            delivery_id=delivery.id,
            attempt=attempt,
            state=state,
            status=outcome.status,
            reason=outcome.reason,
            milliseconds=outcome.total_ms,
            delay_seconds=delay,
        )

    async def _record(self) -> None:
        while True:
            batch = [await self._results.get()]
            await asyncio.sleep(FLUSH_SECONDS)
            while len(batch) < FLUSH_ROWS and not self._results.empty():
                batch.append(self._results.get_nowait())
            await self._flush(batch)
            for _ in batch:
                self._results.task_done()
            self.wake()

    async def _flush(self, batch: list[Completed]) -> None:
        while True:
            try:
                async with self._database.transaction() as connection:
                    await deliveries.complete(connection, batch, owner=self._owner)
            except (Unavailable, *CONNECTION_LOST) as error:
                # Repeating is safe: a result that did get in no longer matches its attempt.
                logger().warning("recording pauses", reason=repr(error))
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
            else:
                return
