"""Publishes the outbox: claim in a short transaction, publish outside it, then mark.

Each routing key has a lane: a separate channel. A queue without a leader stops the confirms of its
own lane only, and that lane then retries one row at a time on a separate connection until it is
confirmed.
"""

import asyncio
from datetime import timedelta
from typing import Any, NoReturn

from prometheus_client import Counter, Gauge, Histogram

from linktime_common import logs, tracing
from linktime_common.endless import periodic, wait
from linktime_common.errors import NotReady
from linktime_common.failure_logs import log_failure
from linktime_common.failures import describe
from linktime_common.listening import keep_listening
from linktime_common.messaging import outbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import BROKER_LOST
from linktime_common.messaging.outbox import OutboxRow
from linktime_common.messaging.publisher import NotPublished, Publisher, send
from linktime_common.messaging.traces import SYSTEM
from linktime_common.postgres import Database
from linktime_common.supervision import SupervisedTask, run_supervised
from linktime_common.tracing import SpanKind

# An event after an idle period is claimed at once, later ones are batched.
BETWEEN_SECONDS = 0.02
BATCHES_AT_ONCE = 2  # per lane: one batch is marked while the next is in flight
MEASURE_SECONDS = 5.0
STALLED = timedelta(seconds=15)  # longer than one attempt and the pause before the next
KEPT = timedelta(days=7)  # for published rows
PRUNE_SECONDS = 600.0
PRUNE_ROWS = 1000

UNPUBLISHED = Gauge("linktime_outbox_unpublished", "Events that wait to be published")
LAG = Gauge("linktime_outbox_lag_seconds", "Age of the oldest event that waits to be published")
PUBLISHED = Counter("linktime_outbox_published", "Events confirmed by the broker")
FAILED = Counter("linktime_outbox_failed", "Attempts to publish that failed")
PUBLISH_SECONDS = Histogram(
    "linktime_outbox_publish_seconds",
    "From handing an event to the broker to its confirmation",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)


class Relay:
    """Publishes rows of `database`'s outbox to the broker; any number may run concurrently."""

    def __init__(
        self,
        database: Database,
        link: BrokerLink,
        *,
        batch: int = 200,
        lease: timedelta = timedelta(seconds=30),
        poll: timedelta = timedelta(seconds=0.5),
        publish_timeout: timedelta = timedelta(seconds=5),
        longest_wait: timedelta = timedelta(seconds=30),
        stalled: timedelta = STALLED,
        purpose: str = outbox.PURPOSE,
    ) -> None:
        """`lease` must exceed connecting plus `publish_timeout`, and `stalled` the latter."""
        self._database = database
        self._link = link
        self._batch = batch
        self._lease = lease
        self._poll_seconds = poll.total_seconds()
        self._timeout_seconds = publish_timeout.total_seconds()
        self._longest_wait = longest_wait
        self._stalled_seconds = stalled.total_seconds()
        self._purpose = purpose
        self._unpublished = 0
        self._oldest_seconds = 0.0
        self._published_at = 0.0
        self._wake = asyncio.Event()
        self._next_at = 0.0
        self._lanes: dict[str, _Lane] = {}

    async def run(self) -> None:
        """Publish until cancelled; waits out outages of broker and database."""
        self._published_at = asyncio.get_running_loop().time()
        self._database.on_events.append(self._wake.set)
        try:
            await run_supervised(
                SupervisedTask("relay listener", self._listen),
                periodic("relay", self._hand_out, every_seconds=0.0),
                periodic("outbox gauge", self._measure, every_seconds=MEASURE_SECONDS),
                periodic("outbox pruner", self._prune, every_seconds=PRUNE_SECONDS),
            )
        finally:
            self._database.on_events.remove(self._wake.set)
            await asyncio.gather(*(lane.close() for lane in self._lanes.values()))
            self._lanes.clear()

    async def is_ready(self) -> bool:
        """Whether no event waits or one was published recently; raises NotReady.

        A broker can keep connections open and accept no event: when it is out of memory, for
        example.
        """
        silent_for = asyncio.get_running_loop().time() - self._published_at
        if not self._unpublished or min(silent_for, self._oldest_seconds) < self._stalled_seconds:
            return True
        raise NotReady(
            f"no event was published for {silent_for:.0f} s; {self._unpublished} wait, the oldest "
            f"for {self._oldest_seconds:.0f} s"
        )

    async def _hand_out(self) -> None:
        """Claim due rows and pass them to the lanes; then wait for more, or for capacity."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._next_at - loop.time(), 0.0))
        self._wake.clear()
        await self._link.wait_until_up()
        async with self._database.connection() as connection:
            rows = await outbox.claim(
                connection,
                limit=self._batch,
                lease=self._lease,
                without=[key for key, lane in self._lanes.items() if not lane.has_room],
            )
            for key, lane in self._lanes.items():
                if lane.may_probe:
                    found = await outbox.claim_one_of(connection, key, lease=self._lease)
                    lane.probe(found)
        by_key: dict[str, list[OutboxRow]] = {}
        for row in rows:
            by_key.setdefault(row.routing_key, []).append(row)
        for key, taken in by_key.items():
            self._lane(key).publish(taken)
        if rows:
            self._next_at = loop.time() + BETWEEN_SECONDS
        if len(rows) < self._batch:
            await wait(self._wake, self._poll_seconds)

    def _lane(self, routing_key: str) -> "_Lane":
        if routing_key not in self._lanes:
            self._lanes[routing_key] = _Lane(
                self._link, routing_key, self._timeout_seconds, self._settle, self._wake.set
            )
        return self._lanes[routing_key]

    async def _settle(
        self, published: list[OutboxRow], failed: list[tuple[OutboxRow, str]]
    ) -> None:
        """Record the outcome; if that fails the leases expire and the rows are published again."""
        try:
            async with self._database.connection() as connection:
                if published:
                    await outbox.mark_published(connection, published)
                if failed:
                    await outbox.mark_failed(connection, failed, longest_wait=self._longest_wait)
        except Exception as error:
            logs.logger().warning("outbox not marked", error=error, rows=len(published))
        if published:
            self._published_at = asyncio.get_running_loop().time()
        PUBLISHED.inc(len(published))
        FAILED.inc(len(failed))
        if failed:
            row, reason = failed[0]
            logs.logger().warning(
                "events not published", routing_key=row.routing_key, rows=len(failed), error=reason
            )

    async def _listen(self) -> NoReturn:
        """Wake up on notifications of processes without a relay; polling covers missed ones."""
        await keep_listening(
            "relay listener",
            self._database,
            outbox.CHANNEL,
            lambda _payload: self._wake.set(),
            on_begin=self._wake.set,
            purpose=self._purpose,
        )

    async def _measure(self) -> None:
        async with self._database.connection() as connection:
            found = await outbox.lag(connection)
        self._unpublished, self._oldest_seconds = found.unpublished, found.oldest_seconds
        UNPUBLISHED.set(found.unpublished)
        LAG.set(found.oldest_seconds)

    async def _prune(self) -> None:
        deleted = PRUNE_ROWS
        while deleted == PRUNE_ROWS:
            async with self._database.connection() as connection:
                deleted = await outbox.prune(connection, older_than=KEPT, limit=PRUNE_ROWS)


class _Lane:
    """The rows of one routing key in flight."""

    def __init__(
        self, link: BrokerLink, routing_key: str, timeout_seconds: float, settle: Any, wake: Any
    ) -> None:
        self._link = link
        self._routing_key = routing_key
        self._timeout = timeout_seconds
        self._settle = settle
        self._wake = wake
        self._publisher = Publisher(link, timeout_seconds=timeout_seconds)
        self._tasks: set[asyncio.Task[None]] = set()
        self._silences = 0
        self._probe_at = 0.0

    @property
    def has_room(self) -> bool:
        return not self._silences and len(self._tasks) < BATCHES_AT_ONCE

    @property
    def may_probe(self) -> bool:
        now = asyncio.get_running_loop().time()
        return bool(self._silences) and not self._tasks and now >= self._probe_at

    def publish(self, rows: list[OutboxRow]) -> None:
        self._start(self._run(rows, self._by_publisher))

    def probe(self, rows: list[OutboxRow]) -> None:
        if rows:
            self._start(self._run(rows, self._by_separate_connection))
        else:
            self._silences = 0  # another relay has published them

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._publisher.close()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._tasks) == BATCHES_AT_ONCE
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log_failure("relay lane failed", error, lane=self._routing_key)
        if was_full:
            self._wake()

    async def _run(self, rows: list[OutboxRow], publish: Any) -> None:
        outcomes = await asyncio.gather(*(self._attempt(row, publish) for row in rows))
        silent = any(outcome is not None and outcome.silent for outcome in outcomes)
        self._silences = self._silences + 1 if silent else 0
        self._probe_at = asyncio.get_running_loop().time() + min(0.5 * 2**self._silences, 30)
        pairs = list(zip(rows, outcomes, strict=True))
        await self._settle(
            [row for row, outcome in pairs if outcome is None],
            [(row, str(outcome)) for row, outcome in pairs if outcome is not None],
        )

    async def _attempt(self, row: OutboxRow, publish: Any) -> NotPublished | None:
        about = SYSTEM | {"messaging.message.id": str(row.event_id)}
        name = f"send {row.routing_key}"
        with tracing.continuing(row.traceparent, name, SpanKind.PRODUCER, about) as step:
            try:
                with PUBLISH_SECONDS.time():
                    await publish(row, {"traceparent": logs.traceparent.get()})
            except NotPublished as error:
                step.fail("not_published")
                return error
        return None

    async def _by_publisher(self, row: OutboxRow, headers: dict[str, Any]) -> None:
        await self._publisher.publish(
            self._link.topology.events_exchange,
            row.routing_key,
            row.envelope,
            message_id=str(row.event_id),
            headers=headers,
        )

    async def _by_separate_connection(self, row: OutboxRow, headers: dict[str, Any]) -> None:
        try:
            async with self._link.separate_channel() as channel:
                await send(
                    channel,
                    self._link.topology.events_exchange,
                    row.routing_key,
                    row.envelope,
                    message_id=str(row.event_id),
                    headers=headers,
                    timeout_seconds=self._timeout,
                )
        except BROKER_LOST as error:
            raise NotPublished(describe(error), silent=True) from error
