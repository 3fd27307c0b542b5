"""What a consumer does with one message: apply it, retry it later, or park it."""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

import orjson
import structlog
from aio_pika.abc import AbstractIncomingMessage
from prometheus_client import Counter, Histogram
from pydantic import ValidationError

from linktime_common import json_input, logs
from linktime_common.contracts.events import Event
from linktime_common.errors import Refusal
from linktime_common.json_input import TooDeep
from linktime_common.messaging import inbox, parked
from linktime_common.messaging.publisher import NotPublished, Publisher
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Connection, Database, repeat_contended
from linktime_common.sqlstates import is_outage

Handler = Callable[[Connection, Any], Awaitable[None]]
"""`async def on_created(connection: Connection, event: BookingCreated) -> None`: the effect, by
the given connection alone. Runs in the transaction that also records the event.

A `Refusal` is an expected outcome: the event is tried again like after a failure and parked in
the end, but only the parking is logged as an error."""

ATTEMPT = "x-attempt"
FIRST_FAILED_AT = "x-first-failed-at"
LAST_ERROR = "x-last-error"
ERROR_CHARACTERS = 500
STACK_CHARACTERS = 20_000
SCHEMA_PREFIX = "urn:linktime:"

MESSAGES = Counter("linktime_consumer_messages", "Messages taken in", ["consumer", "outcome"])
SECONDS = Histogram("linktime_consumer_seconds", "Time to take a message in", ["consumer"])


class Outage(Exception):
    """Something of ours is away: the message is not to blame, and counts no attempt."""


class Unfit(Exception):
    """Raised by a handler: no attempt will ever take this event in, so it is parked at once."""


class Outcome(StrEnum):
    """How a message ended."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    RETRIED = "retried"
    PARKED = "parked"


class _NotAnEventError(Exception):
    """No attempt will ever make sense of this message."""


class Intake:
    """Takes in the messages of one consumer."""

    def __init__(
        self,
        consumer: str,
        database: Database,
        topology: Topology,
        publisher: Publisher,
        handlers: Mapping[type[Event], Handler],
        *,
        handler_seconds: float,
    ) -> None:
        self._consumer = consumer
        self._database = database
        self._topology = topology
        self._publisher = publisher
        self._handlers = {event.routing_key(): (event, do) for event, do in handlers.items()}
        self._handler_seconds = handler_seconds

    async def take(self, message: AbstractIncomingMessage) -> Outcome:
        """Bring the message to its end, short of acknowledging it; raises `Outage`."""
        began = time.monotonic()
        logs.begin_trace(_text(message.headers.get("traceparent")))
        structlog.contextvars.bind_contextvars(consumer=self._consumer, event_id=message.message_id)
        with outages():
            outcome = await self._decide(message)
        MESSAGES.labels(self._consumer, outcome).inc()
        SECONDS.labels(self._consumer).observe(time.monotonic() - began)
        logs.logger().info(
            "message",
            outcome=outcome,
            attempt=_attempts(message),
            ms=round((time.monotonic() - began) * 1000, 1),
        )
        return outcome

    async def read(self, message: AbstractIncomingMessage) -> Event | None:
        """The event, or None: one that nobody handles, or no event, which is parked here.

        Raises `Outage`.
        """
        with outages():
            event = await self._read_or_park(message)
        if isinstance(event, Event):
            return event
        MESSAGES.labels(self._consumer, event).inc()
        return None

    async def park_undeliverable(self, message: AbstractIncomingMessage) -> None:
        """Keep what the broker gave up delivering; raises `Outage`."""
        with outages():
            await self._park(message, "It was delivered too often without an answer", None)
        MESSAGES.labels(self._consumer, Outcome.PARKED).inc()

    async def send_round(self, message: AbstractIncomingMessage) -> None:
        """Bring it back after the first delay without counting an attempt; raises `Outage`.

        A new message starts at no deliveries: outages alone never reach the delivery limit.
        """
        with outages():
            await self._publish_to_stage(message, 0, dict(message.headers))

    async def _read_or_park(self, message: AbstractIncomingMessage) -> Event | Outcome:
        try:
            document, key = _read(message.body)
            # A key that is not ours is any text: it is kept out of the log.
            is_known = key in self._handlers
            structlog.contextvars.bind_contextvars(event_type=key if is_known else "(unknown)")
            if not is_known:
                return Outcome.IGNORED
            return _parse(self._handlers[key][0], document)
        except _NotAnEventError as error:
            await self._park(message, str(error), None)
            return Outcome.PARKED

    async def _decide(self, message: AbstractIncomingMessage) -> Outcome:
        event = await self._read_or_park(message)
        if not isinstance(event, Event):
            return event
        handle = self._handlers[event.routing_key()][1]
        try:
            return await repeat_contended(partial(self._apply, event, handle))
        except Unfit as error:
            await self._park(message, str(error), None)
            return Outcome.PARKED
        except Exception as error:
            if _is_ours_away(error):
                raise
            return await self._retry_or_park(message, error)

    async def _apply(self, event: Event, handle: Handler) -> Outcome:
        try:
            async with (
                asyncio.timeout(self._handler_seconds) as limit,
                self._database.transaction() as connection,
            ):
                if not await inbox.take(
                    connection, consumer=self._consumer, event_id=event.event_id
                ):
                    return Outcome.DUPLICATE
                await handle(connection, event)
        except TimeoutError as error:
            if limit.expired():
                raise RuntimeError(f"took longer than {self._handler_seconds:g} s") from error
            raise
        return Outcome.APPLIED

    async def _retry_or_park(self, message: AbstractIncomingMessage, error: Exception) -> Outcome:
        attempt = _attempts(message)
        reason = f"{type(error).__name__}: {error}".replace("\x00", "")[:ERROR_CHARACTERS]
        if isinstance(error, Refusal):
            # Expected: the event that this one depends on may still be on its way.
            logs.logger().info("event refused for now", attempt=attempt, error=error)
        else:
            logs.logger().warning("handler failed", attempt=attempt, exc_info=error)
        if attempt > len(self._topology.stages):
            await self._park(message, reason, error)
            return Outcome.PARKED
        headers = {
            **message.headers,
            ATTEMPT: attempt,
            FIRST_FAILED_AT: message.headers.get(FIRST_FAILED_AT) or datetime.now(UTC).isoformat(),
            LAST_ERROR: reason,
        }
        await self._publish_to_stage(message, attempt - 1, headers)
        return Outcome.RETRIED

    async def _publish_to_stage(
        self, message: AbstractIncomingMessage, stage: int, headers: dict[str, Any]
    ) -> None:
        kept = {"traceparent", ATTEMPT, FIRST_FAILED_AT, LAST_ERROR}
        await self._publisher.publish(
            self._topology.retry_exchange(stage),
            self._topology.queue(self._consumer),
            message.body,
            message_id=message.message_id or "",
            headers={name: value for name, value in headers.items() if name in kept},
        )

    async def _park(
        self, message: AbstractIncomingMessage, reason: str, error: Exception | None
    ) -> None:
        stack = "".join(traceback.format_exception(error)) if error else None
        async with self._database.connection() as connection:
            await parked.store(
                connection,
                consumer=self._consumer,
                routing_key=_routing_key(message),
                message_id=message.message_id,
                body=message.body,
                headers=orjson.loads(orjson.dumps(message.headers, default=str)),
                reason=reason,
                stack=stack.replace("\x00", "")[-STACK_CHARACTERS:] if stack else None,
            )
        logs.logger().error("message parked", error=error)


@contextlib.contextmanager
def outages() -> Iterator[None]:
    """Within the block what says that something of ours is away becomes `Outage`."""
    try:
        yield
    except Exception as error:
        if not _is_ours_away(error):
            raise
        logs.logger().warning("messages given back", error=error)
        raise Outage from error


def _is_ours_away(error: Exception) -> bool:
    return isinstance(error, NotPublished) or is_outage(error)


def _read(body: bytes) -> tuple[dict[str, Any], str]:
    """The CloudEvents document and its routing key; raises _NotAnEventError."""
    try:
        document = json_input.parse(body)
        schema = document["dataschema"]
        if not schema.startswith(SCHEMA_PREFIX):
            raise _NotAnEventError("Its dataschema is not one of ours")
    except TooDeep as error:
        raise _NotAnEventError(str(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _NotAnEventError("It is not a CloudEvents document") from error
    return document, schema.removeprefix(SCHEMA_PREFIX)


def _parse(event_type: type[Event], document: dict[str, Any]) -> Event:
    try:
        return event_type.from_envelope(document)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise _NotAnEventError(f"It does not fit {event_type.routing_key()}: {where}") from error
    except (KeyError, TypeError) as error:
        raise _NotAnEventError(f"It lacks {error}") from error


def _routing_key(message: AbstractIncomingMessage) -> str:
    # After a delay the message's own key is the queue's name; the document keeps the event's.
    try:
        return _read(message.body)[1]
    except _NotAnEventError:
        return message.routing_key or ""


def _attempts(message: AbstractIncomingMessage) -> int:
    """Which attempt this is, from 1."""
    earlier = message.headers.get(ATTEMPT)
    return (earlier if isinstance(earlier, int) else 0) + 1


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None
