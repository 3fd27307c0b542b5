"""The effects of events in one transaction, each event once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from linktime_common import logs, request_ids
from linktime_common.contracts.events import Event
from linktime_common.messaging import inbox
from linktime_common.postgres import Connection

Handler = Callable[[Connection, Any], Awaitable[None]]
"""`async def on_created(connection: Connection, event: BookingCreated) -> None`: the effect, using
only the given connection. Runs in the transaction that also records the event.

A `Refusal` is an expected outcome: the event is retried like after a failure and parked in the end,
but only the parking is logged as an error.
"""


@dataclass(frozen=True)
class BatchHandler:
    """A handler for all events that one transaction processes in a row.

    With `knows_duplicates` the inbox is not used: `handle` returns how many events were new. Events
    of several requests have no current trace or request id: what is stored for later has those of
    the event.
    """

    handle: Callable[[Connection, Sequence[Any]], Awaitable[int | None]]
    knows_duplicates: bool = False


class IncomingEvent(NamedTuple):
    """A received event and its handler."""

    event: Event
    handle: Handler | BatchHandler


async def apply_new(connection: Connection, consumer: str, taken: Sequence[IncomingEvent]) -> int:
    """Handle, in order, the events that `consumer` has not processed yet; returns how many.

    Runs in the caller's transaction.
    """
    new = 0
    for handle, group in groupby(await _fresh(connection, consumer, taken), lambda one: one.handle):
        run = list(group)
        if isinstance(handle, BatchHandler):
            _enter_request([one.event for one in run])
            count = await handle.handle(connection, [one.event for one in run])
            new += len(run) if count is None else count
        else:
            for one in run:
                _enter_request([one.event])
                await handle(connection, one.event)
            new += len(run)
    return new


def _enter_request(events: Sequence[Event]) -> None:
    """Make the trace and the request id of the event current; several events have none."""
    if len(events) == 1:
        logs.begin_trace(events[0].traceparent)
        request_ids.current.set(events[0].request_id)
    else:
        logs.traceparent.set(None)
        request_ids.current.set(None)


async def _fresh(
    connection: Connection, consumer: str, taken: Sequence[IncomingEvent]
) -> list[IncomingEvent]:
    """Record the events; returns those that were not recorded before."""
    asked = [one.event.event_id for one in taken if not _knows_duplicates(one.handle)]
    recorded = await inbox.take(connection, consumer=consumer, event_ids=asked) if asked else set()
    fresh = []
    for one in taken:
        if _knows_duplicates(one.handle):
            fresh.append(one)
        elif one.event.event_id in recorded:
            recorded.discard(one.event.event_id)  # the batch may contain it twice
            fresh.append(one)
    return fresh


def _knows_duplicates(handle: Handler | BatchHandler) -> bool:
    return isinstance(handle, BatchHandler) and handle.knows_duplicates
