"""Processing of one message: apply it, retry it later, or park it."""

import asyncio
import time
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from aio_pika.abc import AbstractIncomingMessage as Message
from prometheus_client import Counter, Histogram

from linktime_common import logs, request_ids
from linktime_common.contracts.events import Event
from linktime_common.errors import Contended, Refusal
from linktime_common.failures import describe
from linktime_common.messaging import parked, reading
from linktime_common.messaging.applying import BatchHandler, Handler, IncomingEvent, apply_new
from linktime_common.messaging.outages import Outage, is_dependency_error, outages
from linktime_common.messaging.publisher import NotPublished, Publisher
from linktime_common.messaging.reading import ATTEMPT, NotAnEvent
from linktime_common.messaging.topology import Topology
from linktime_common.messaging.traces import processing
from linktime_common.postgres import Database, repeat_contended
from linktime_common.texts import storable

FIRST_FAILED_AT = "x-first-failed-at"
LAST_ERROR = "x-last-error"
ERROR_CHARACTERS = 500

MESSAGES = Counter("linktime_consumer_messages", "Messages processed", ["consumer", "outcome"])
SECONDS = Histogram(
    "linktime_consumer_seconds", "Time to process a message or a batch", ["consumer"]
)


class Unfit(Exception):
    """Raised by a handler when no retry can succeed; the event is parked at once."""


class MessageOutcome(StrEnum):
    """The outcome of a message."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    RETRIED = "retried"
    PARKED = "parked"
    PUT_OFF = "put off"


class Intake:
    """Processes the messages of one consumer."""

    def __init__(
        self,
        consumer: str,
        database: Database,
        topology: Topology,
        publisher: Publisher,
        handlers: Mapping[type[Event], Handler | BatchHandler],
        *,
        handler_seconds: float,
    ) -> None:
        self._consumer = consumer
        self._database = database
        self._topology = topology
        self._publisher = publisher
        self._handlers = {event.routing_key(): (event, do) for event, do in handlers.items()}
        self._handler_seconds = handler_seconds

    async def take(self, message: Message) -> MessageOutcome:
        """Process the message without acknowledging it; raises `Outage`."""
        began = time.monotonic()
        logs.begin_trace(reading.traceparent(message))
        request_ids.current.set(None)
        structlog.contextvars.bind_contextvars(
            consumer=self._consumer, event_id=reading.message_id(message)
        )
        with outages():
            outcome = await self._decide(message)
        MESSAGES.labels(self._consumer, outcome).inc()
        SECONDS.labels(self._consumer).observe(time.monotonic() - began)
        logs.logger().info(
            "message",
            outcome=outcome,
            attempt=reading.attempt(message),
            ms=round((time.monotonic() - began) * 1000, 1),
        )
        return outcome

    async def take_together(self, messages: Sequence[Message]) -> tuple[Sequence[Message], int]:
        """Process the messages in one transaction; raises `Outage`.

        Returns those left for separate processing, and how many events had an effect. Messages that
        are not events are left; of the others all or none.
        """
        began = time.monotonic()
        found: list[tuple[Message, IncomingEvent]] = []
        left: list[Message] = []
        for message in messages:
            try:
                taken = self._read(message)
            except Exception:  # processed separately, it is parked with the reason
                left.append(message)
                continue
            if taken is None:
                MESSAGES.labels(self._consumer, MessageOutcome.IGNORED).inc()
            else:
                found.append((message, taken))
        structlog.contextvars.unbind_contextvars("event_type")
        if not found:
            return left, 0
        events = [taken for _message, taken in found]
        try:
            with outages(but=Contended):
                new = await repeat_contended(partial(self._apply, events))
        except Outage:
            raise
        except Exception as error:
            logs.logger().warning("batch split", rows=len(found), error=error)
            return [*left, *(message for message, _taken in found)], 0
        self._log_batch(events, new, time.monotonic() - began)
        return left, new

    async def park_undeliverable(self, message: Message) -> None:
        """Park a message that reached the broker's delivery limit; raises `Outage`."""
        with outages():
            outcome = await self._park(
                message, "It was delivered too often without an answer", None
            )
        MESSAGES.labels(self._consumer, outcome).inc()

    async def send_round(self, message: Message) -> None:
        """Requeue it through the first delay without counting an attempt; raises `Outage`.

        A new message resets the delivery count: outages alone never reach the delivery limit. If
        the delay accepts no message, it returns to its queue at once.
        """
        headers = dict(message.headers)
        with outages():
            try:
                await self._publish_to_stage(message, 0, headers)
            except NotPublished:
                await self._publish_again(message, self._topology.queues_exchange, headers)

    def _log_batch(self, taken: Sequence[IncomingEvent], new: int, seconds: float) -> None:
        MESSAGES.labels(self._consumer, MessageOutcome.APPLIED).inc(new)
        MESSAGES.labels(self._consumer, MessageOutcome.DUPLICATE).inc(len(taken) - new)
        SECONDS.labels(self._consumer).observe(seconds)
        logs.traceparent.set(None)
        request_ids.current.set(None)
        traces = [one.event.traceparent for one in taken]
        logs.logger().info(
            "messages",
            consumer=self._consumer,
            event_ids=[str(one.event.event_id) for one in taken],
            trace_ids=[one.split("-")[1] for one in traces if one],
            request_ids=sorted({one.event.request_id for one in taken if one.event.request_id}),
            new=new,
            ms=round(seconds * 1000, 1),
        )

    def _read(self, message: Message) -> IncomingEvent | None:
        """Return the event and its handler; None if there is no handler. Raises NotAnEvent."""
        document, key = reading.read(message.body)
        # An unknown key is arbitrary text, so it is not logged.
        is_known = key in self._handlers
        structlog.contextvars.bind_contextvars(event_type=key if is_known else "(unknown)")
        if not is_known:
            return None
        event_type, handle = self._handlers[key]
        event = reading.parse(event_type, document, reading.traceparent(message))
        return IncomingEvent(event, handle)

    async def _decide(self, message: Message) -> MessageOutcome:
        try:
            taken = self._read(message)
        except NotAnEvent as error:
            return await self._park(message, str(error), None)
        except Exception as error:
            # An error of ours, but the messages behind it must not wait.
            return await self._park(message, f"It cannot be read: {describe(error)}", error)
        if taken is None:
            return MessageOutcome.IGNORED
        request_ids.current.set(taken.event.request_id)
        try:
            is_new = await repeat_contended(partial(self._apply, [taken]))
        except Unfit as error:
            return await self._park(message, str(error), None)
        except Exception as error:
            if is_dependency_error(error):
                raise
            return await self._retry_or_park(message, error)
        return MessageOutcome.APPLIED if is_new else MessageOutcome.DUPLICATE

    async def _apply(self, taken: Sequence[IncomingEvent]) -> int:
        """Apply the events; returns how many were new."""
        try:
            with processing(self._consumer, taken) as traced:
                async with (
                    asyncio.timeout(self._handler_seconds) as limit,
                    self._database.transaction() as connection,
                ):
                    return await apply_new(connection, self._consumer, traced)
        except TimeoutError as error:
            if limit.expired():
                raise RuntimeError(f"took longer than {self._handler_seconds:g} s") from error
            raise

    async def _retry_or_park(self, message: Message, error: Exception) -> MessageOutcome:
        attempt = reading.attempt(message)
        reason = storable(f"{type(error).__name__}: {error}")[:ERROR_CHARACTERS]
        if isinstance(error, Refusal):
            # Expected: the event that this one depends on may not have arrived yet.
            logs.logger().info("event refused for now", attempt=attempt, error=error)
        else:
            logs.logger().warning("handler failed", attempt=attempt, exc_info=error)
        if attempt > len(self._topology.stages):
            return await self._park(message, reason, error)
        headers = {
            **message.headers,
            ATTEMPT: attempt,
            FIRST_FAILED_AT: message.headers.get(FIRST_FAILED_AT) or datetime.now(UTC).isoformat(),
            LAST_ERROR: reason,
        }
        await self._publish_to_stage(message, attempt - 1, headers)
        return MessageOutcome.RETRIED

    async def _publish_to_stage(
        self, message: Message, stage: int, headers: dict[str, Any]
    ) -> None:
        await self._publish_again(message, self._topology.retry_exchange(stage), headers)

    async def _publish_again(
        self, message: Message, exchange: str, headers: dict[str, Any]
    ) -> None:
        """Publish it for this consumer, with what is known of earlier attempts."""
        kept = (FIRST_FAILED_AT, LAST_ERROR)
        sent = {name: headers[name] for name in kept if isinstance(headers.get(name), str)}
        if isinstance(headers.get(ATTEMPT), int):
            sent[ATTEMPT] = headers[ATTEMPT]
        if trace := reading.traceparent(message):
            sent["traceparent"] = trace
        await self._publisher.publish(
            exchange,
            self._topology.queue(self._consumer),
            message.body,
            message_id=reading.message_id(message) or "",
            headers=sent,
        )

    async def _park(self, message: Message, reason: str, error: Exception | None) -> MessageOutcome:
        try:
            async with self._database.connection() as connection:
                await parked.store(
                    connection,
                    consumer=self._consumer,
                    routing_key=reading.routing_key(message),
                    message_id=reading.message_id(message),
                    body=message.body,
                    headers=message.headers,
                    reason=reason,
                    stack="".join(traceback.format_exception(error)) if error else None,
                )
        except Exception as failure:
            if is_dependency_error(failure):
                raise
            return await self._put_off(message, failure)
        self._log_error(message, "message parked", error=error)
        return MessageOutcome.PARKED

    async def _put_off(self, message: Message, failure: Exception) -> MessageOutcome:
        """Requeue a message that the database does not accept, after the longest delay.

        The consumer continues with other messages, and nothing is lost.
        """
        stages = len(self._topology.stages)
        await self._publish_to_stage(message, stages - 1, {**message.headers, ATTEMPT: stages})
        self._log_error(message, "message cannot be parked", exc_info=failure)
        return MessageOutcome.PUT_OFF

    def _log_error(self, message: Message, what: str, **more: object) -> None:
        logs.logger().error(
            what, consumer=self._consumer, event_id=reading.message_id(message), **more
        )
