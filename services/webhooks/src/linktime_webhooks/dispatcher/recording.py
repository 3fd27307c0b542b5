"""Records attempts in batches: the log, the delivery's next step, the health."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, Self
from uuid import UUID

from linktime_common.clock import Clock
from linktime_common.egress.reasons import FailureReason
from linktime_common.errors import Unavailable
from linktime_common.logs import logger
from linktime_common.postgres import Database
from linktime_webhooks.dispatcher.metrics import ATTEMPTS, BLOCKED, LATENCY
from linktime_webhooks.dispatcher.slots import Lane
from linktime_webhooks.domain.health import GONE, Health, HealthSample, after
from linktime_webhooks.store import attempts, deliveries, health
from linktime_webhooks.store.attempts import AttemptRow
from linktime_webhooks.store.deliveries import Completed

MOST_BUFFERED = 5_000
FLUSH_SECONDS = 0.01
FLUSH_ROWS = 500
OUTAGE_PAUSE_SECONDS = 1.0

# Looking a label up costs more than counting. The reasons are few: statuses and our codes.
_attempts = lru_cache(maxsize=1024)(ATTEMPTS.labels)


class AttemptResult(NamedTuple):
    """One attempt to be recorded; `answer` is None if it says nothing about the endpoint."""

    completed: Completed
    attempt: AttemptRow
    answer: HealthSample | None
    occurred_at: datetime
    lane: Lane

    def without_answer(self) -> Self:
        """Return the result without the receiver's response."""
        return self._replace(attempt=self.attempt.without_answer())


class Recorder:
    """Records the results of one process's attempts."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        owner: UUID,
        *,
        on_recorded: Callable[[AttemptResult], None],
        on_health: Callable[[UUID, Health], None],
        on_gone: Callable[[UUID], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._on_recorded = on_recorded
        self._on_health = on_health
        self._on_gone = on_gone
        self._results: list[AttemptResult] = []
        self._has_results = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def room(self) -> int:
        """Return how many more results fit; 0 in a long database outage, which stops sending."""
        return MOST_BUFFERED - len(self._results)

    def put(self, result: AttemptResult) -> None:
        self._results.append(result)
        self._has_results.set()
        self._is_empty.clear()

    async def drained(self) -> None:
        """Return when everything put is recorded."""
        await self._is_empty.wait()

    async def run(self) -> None:
        """Record until cancelled."""
        while True:
            await self._has_results.wait()
            await asyncio.sleep(FLUSH_SECONDS)
            batch = self._results[:FLUSH_ROWS]
            await self._flush(batch)
            del self._results[: len(batch)]
            for result in batch:
                self._on_recorded(result)
            if not self._results:
                self._has_results.clear()
                self._is_empty.set()

    async def _flush(self, batch: Sequence[AttemptResult]) -> None:
        """Write the batch, without the receivers' responses if they cannot be written."""
        is_bare = False
        while True:
            try:
                await self._write(batch)
            except Unavailable as error:
                # Repeating is safe: a result that was committed no longer matches its attempt.
                logger().warning("recording paused", reason=error)
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
            except Exception:
                logger().exception("recording attempts failed", rows=len(batch), bare=is_bare)
                if is_bare:
                    return  # the leases expire, and these are sent again
                batch, is_bare = [result.without_answer() for result in batch], True
            else:
                return

    async def _write(self, batch: Sequence[AttemptResult]) -> None:
        # Health is locked before deliveries, each in the order of ids, so that two processes that
        # complete for the same endpoint do not deadlock. Disabling or deleting an endpoint waits
        # for its health, and then ends what this leaves waiting.
        async with self._database.transaction() as connection:
            locked = await health.lock(connection, [one.attempt.endpoint_id for one in batch])
            moved = await deliveries.complete(
                connection, [one.completed for one in batch], owner=self._owner
            )
            await attempts.insert(connection, [one.attempt for one in batch])
            applied = [one for one in batch if one.completed.delivery_id in moved]
            changed = self._fold(locked, applied)
            await health.save(connection, changed)
        for endpoint_id, now in changed.items():
            self._on_health(endpoint_id, now)
        for result in batch:
            self._observe(result, moved.get(result.completed.delivery_id))

    def _fold(
        self, locked: health.LockedHealth, results: Sequence[AttemptResult]
    ) -> dict[UUID, Health]:
        changed: dict[UUID, Health] = {}
        for result in results:
            endpoint_id = result.attempt.endpoint_id
            known = changed.get(endpoint_id) or locked.of.get(endpoint_id)
            if result.answer is not None and known is not None and locked.now is not None:
                changed[endpoint_id] = after(
                    known, result.answer, now=locked.now, today=self._clock.now()
                )
        return changed

    def _observe(self, result: AttemptResult, state: str | None) -> None:
        """Count the attempt; `state` is None if the lease was lost."""
        reason = result.attempt.reason
        if state is None:
            logger().warning("stale result", delivery_id=str(result.completed.delivery_id))
        outcome = "stale" if state is None else "retried" if state == "pending" else state
        _attempts(outcome, reason).inc()
        if reason == FailureReason.BLOCKED_ADDRESS:
            BLOCKED.inc()
        if result.completed.state == "delivered":
            LATENCY.observe((datetime.now(UTC) - result.occurred_at).total_seconds())
        answer = result.answer
        if answer is not None and answer.status == GONE and not answer.is_test:
            self._on_gone(result.attempt.endpoint_id)
