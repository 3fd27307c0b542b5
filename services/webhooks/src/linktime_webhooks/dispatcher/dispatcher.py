"""Claims due deliveries and sends them.

Only what can be sent at once is claimed: a crash delays every claimed row.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from linktime_common import tracing
from linktime_common.endless import periodic, repeat, wait
from linktime_common.errors import Unavailable
from linktime_common.failure_logs import log_failure
from linktime_common.ids import new_id
from linktime_common.logs import logger
from linktime_common.supervision import SupervisedTask, supervised
from linktime_common.tracing import SpanKind, TraceStep
from linktime_webhooks.clients.subscriber import AttemptOutcome, Subscribers, Target
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.claiming import POLL_SECONDS, Claimer
from linktime_webhooks.dispatcher.claiming_tests import ClaimerOfTests
from linktime_webhooks.dispatcher.recording import AttemptResult, Recorder
from linktime_webhooks.dispatcher.slots import IN_ALL, Lane, SendSlots
from linktime_webhooks.dispatcher.targets import Targets
from linktime_webhooks.domain import retries, signing
from linktime_webhooks.domain.delivery import DeliveryKind
from linktime_webhooks.domain.health import Breaker, Health, HealthSample
from linktime_webhooks.store import leases
from linktime_webhooks.store.attempts import AttemptRow
from linktime_webhooks.store.deliveries import Claimed, Completed
from linktime_webhooks.use_cases.disable_endpoint import disable_endpoint

CLAIM_EVERY_SECONDS = 0.002
# With most slots taken, larger claims cost each delivery less than the wait costs any of them.
BUSY_CLAIM_EVERY_SECONDS = 0.02
TIDY_SECONDS = 5.0
DRAIN_SECONDS = 20.0


class Dispatcher:
    """One per process; any number of processes share the work through the database."""

    def __init__(self, deps: Deps, subscribers: Subscribers, delays: Sequence[float]) -> None:
        self._deps = deps
        self._subscribers = subscribers
        self._delays = delays
        self._owner = new_id()
        self._chance = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._slots = SendSlots()
        self._claimer = Claimer(deps.database, self._owner, self._slots)
        self._test_claimer = ClaimerOfTests(deps.database, self._owner, self._slots)
        self._without_target: set[UUID] = set()  # claimed, but without a target
        self._targets = Targets(deps.database, deps.sealer)
        self._recorder = Recorder(
            deps.database,
            deps.clock,
            self._owner,
            on_recorded=self._after_recording,
            on_health=self._apply_health,
            on_gone=self._disable,
        )
        self._work_is_due = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for due deliveries now, not at the next poll."""
        self._claimer.look_again()
        self._work_is_due.set()

    async def run(self) -> None:
        """Dispatch until cancelled; then wait until requests in flight are recorded."""
        async with supervised(
            SupervisedTask("attempt recorder", self._recorder.run),
            SupervisedTask("webhook endpoint listener", self._targets.listen),
            periodic("dispatcher cleanup", self._tidy, every_seconds=TIDY_SECONDS),
        ):
            try:
                async with supervised(
                    periodic(
                        "test event dispatcher",
                        self._dispatch_tests,
                        every_seconds=POLL_SECONDS,
                    )
                ):
                    await repeat("webhook dispatcher", self._dispatch)
            finally:
                await self._drain()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)
                await self._recorder.drained()
                # Claimed but not sent: other processes need not wait for the leases to expire.
                async with self._deps.database.connection() as connection:
                    await leases.release(connection, self._owner)
        except (TimeoutError, Unavailable) as error:
            logger().warning("dispatcher stopped with attempts unrecorded", reason=error)
        for task in self._tasks:
            task.cancel()

    async def _dispatch(self) -> None:
        """Claim and send once; then wait for a slot, a wake-up or the next poll."""
        self._work_is_due.clear()
        await self._put_back_without_target()
        most = min(self._slots.free, self._recorder.room)
        candidates, claimed = await self._claimer.claim(most)
        lanes = {(one.endpoint_id, one.is_replay): Lane.of(one) for one in candidates}
        await self._send_all(claimed, lanes)
        if claimed:
            is_busy = self._slots.free < IN_ALL // 2
            await asyncio.sleep(BUSY_CLAIM_EVERY_SECONDS if is_busy else CLAIM_EVERY_SECONDS)
        else:
            await wait(self._work_is_due, self._claimer.pause())

    async def _dispatch_tests(self) -> None:
        if self._recorder.room > 0:
            claimed = await self._test_claimer.claim()
            await self._send_all(claimed, {(one.endpoint_id, False): Lane.TEST for one in claimed})

    async def _send_all(
        self, claimed: Sequence[Claimed], lanes: Mapping[tuple[UUID, bool], Lane]
    ) -> None:
        left = {one.id for one in claimed}
        try:
            targets = await self._targets.find(one.endpoint_id for one in claimed)
            for one in claimed:
                target = targets.get(one.endpoint_id)
                if target is not None:
                    left.discard(one.id)
                    self._send(one, target, lanes[one.endpoint_id, one.kind == DeliveryKind.REPLAY])
        finally:
            self._without_target |= left

    async def _put_back_without_target(self) -> None:
        """Release claims that have no target (bad secret, no database), which is no crash."""
        if ids := list(self._without_target):
            async with self._deps.database.connection() as connection:
                await leases.put_back(
                    connection, ids, owner=self._owner, seconds=retries.UNCHARGED_DELAY_SECONDS
                )
            self._without_target.difference_update(ids)

    def _send(self, delivery: Claimed, target: Target, lane: Lane) -> None:
        self._slots.take(delivery.endpoint_id, lane)
        self._keep(asyncio.create_task(self._attempt(delivery, target, lane)))

    async def _attempt(self, delivery: Claimed, target: Target, lane: Lane) -> None:
        at = datetime.now(UTC)
        try:
            with _step(delivery) as step:
                outcome = await self._subscribers.post(
                    target,
                    message_id=signing.message_id(delivery.event_id),
                    timestamp=int(time.time()),
                    body=delivery.body,
                )
                _describe(step, outcome)
        except BaseException:
            self._give_back(delivery.endpoint_id, lane, delivered=False)
            raise
        self._claimer.charge(delivery.endpoint_id, outcome.requests - 1)
        if outcome.delivered:
            self._give_back(delivery.endpoint_id, lane, delivered=True)
        self._recorder.put(self._judge(delivery, target, outcome, at, lane))

    def _after_recording(self, result: AttemptResult) -> None:
        # A failed attempt keeps its slot until then, so that the next one sees the updated health.
        if result.completed.state != "delivered":
            self._give_back(result.attempt.endpoint_id, result.lane, delivered=False)

    def _give_back(self, endpoint_id: UUID, lane: Lane, *, delivered: bool) -> None:
        self._slots.give_back(endpoint_id, lane, delivered=delivered)
        if self._claimer.wants_slots:
            self._work_is_due.set()

    def _judge(
        self, delivery: Claimed, target: Target, outcome: AttemptOutcome, at: datetime, lane: Lane
    ) -> AttemptResult:
        next_step = retries.next_step(
            delivery.attempt,
            delivered=outcome.delivered,
            is_test=delivery.kind == DeliveryKind.TEST,
            is_charged=outcome.charged,
            delays=self._delays,
            retry_after=outcome.retry_after,
            chance=self._chance,
        )
        return AttemptResult(
            completed=Completed(
                delivery_id=delivery.id,
                attempt=delivery.attempt,
                attempts=next_step.attempts,
                state=next_step.state,
                reason=outcome.reason,
                delay_seconds=next_step.delay_seconds,
            ),
            attempt=_logged(delivery, target, outcome, at),
            answer=_answer(delivery, outcome),
            occurred_at=delivery.occurred_at,
            lane=lane,
        )

    def _apply_health(self, endpoint_id: UUID, now: Health) -> None:
        if now.breaker is not Breaker.CLOSED:
            self._slots.restart(endpoint_id)
        if now.breaker is not Breaker.CLOSED or now.paused_until is not None:
            self._claimer.look_again()

    def _disable(self, endpoint_id: UUID) -> None:
        self._keep(asyncio.create_task(disable_endpoint(endpoint_id, "gone", self._deps)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log_failure("dispatcher task failed", error)

    async def _tidy(self) -> None:
        self._slots.forget_idle()
        self._targets.forget_old()


def _step(delivery: Claimed) -> TraceStep:
    """Return the attempt as a step of the trace of its event."""
    return tracing.continuing(
        delivery.traceparent,
        "POST webhook",
        SpanKind.CLIENT,
        {
            "http.request.method": "POST",
            "linktime.endpoint_id": str(delivery.endpoint_id),
            "linktime.delivery_id": str(delivery.id),
            "linktime.delivery_kind": delivery.kind,
            "linktime.attempt": delivery.attempt + 1,
        },
    )


def _describe(step: TraceStep, outcome: AttemptOutcome) -> None:
    if outcome.status is not None:
        step.receive(outcome.status)
    if not outcome.delivered:
        step.fail(outcome.reason)


def _answer(delivery: Claimed, outcome: AttemptOutcome) -> HealthSample | None:
    # A fault of our proxy says nothing about the endpoint.
    if not outcome.charged:
        return None
    return HealthSample(
        delivered=outcome.delivered,
        timed_out=outcome.timed_out,
        milliseconds=outcome.total_ms,
        status=outcome.status,
        retry_after=outcome.retry_after,
        is_test=delivery.kind == DeliveryKind.TEST,
    )


def _logged(delivery: Claimed, target: Target, outcome: AttemptOutcome, at: datetime) -> AttemptRow:
    return AttemptRow(
        id=new_id(),
        delivery_id=delivery.id,
        endpoint_id=delivery.endpoint_id,
        attempt=delivery.attempt + 1,
        at=at,
        url=target.url,
        address=outcome.address,
        request_headers=outcome.request_headers,
        status=outcome.status,
        reason=outcome.reason,
        dns_ms=outcome.dns_ms,
        connect_ms=outcome.connect_ms,
        tls_ms=outcome.tls_ms,
        first_byte_ms=outcome.first_byte_ms,
        total_ms=outcome.total_ms,
        response_headers=outcome.response_headers,
        response_body=outcome.response_body,
        response_truncated=outcome.response_truncated,
    )
