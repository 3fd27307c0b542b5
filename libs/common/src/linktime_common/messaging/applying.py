"""The effects of events in one transaction, each event once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from linktime_common import logs
from linktime_common.contracts.events import Event
from linktime_common.messaging import inbox
from linktime_common.postgres import Connection

Handler = Callable[[Connection, Any], Awaitable[None]]
"""`async def on_created(connection: Connection, event: BookingCreated) -> None`: the effect, by
the given connection alone. Runs in the transaction that also records the event.

A `Refusal` is an expected outcome: the event is tried again like after a failure and parked in
the end, but only the parking is logged as an error."""


@dataclass(frozen=True)
class Together:
    """A handler of all the events that a transaction takes in one after another.

    With `knows_duplicates` no inbox is asked: `handle` returns how many of them were new.
    """

    handle: Callable[[Connection, Sequence[Any]], Awaitable[int | None]]
    knows_duplicates: bool = False


class Taken(NamedTuple):
    """An event that arrived, what is done with it, and the trace that it belongs to."""

    event: Event
    handle: Handler | Together
    traceparent: str | None


async def apply_new(connection: Connection, consumer: str, taken: Sequence[Taken]) -> int:
    """Handle in their order those that `consumer` has not had; returns how many.

    Runs in the caller's transaction.
    """
    new = 0
    for handle, group in groupby(await _fresh(connection, consumer, taken), lambda one: one.handle):
        run = list(group)
        if isinstance(handle, Together):
            count = await handle.handle(connection, [one.event for one in run])
            new += len(run) if count is None else count
        else:
            for one in run:
                logs.begin_trace(one.traceparent)
                await handle(connection, one.event)
            new += len(run)
    return new


async def _fresh(connection: Connection, consumer: str, taken: Sequence[Taken]) -> list[Taken]:
    """Record the events; those that had been recorded before are left out."""
    asked = [one.event.event_id for one in taken if not _knows_duplicates(one.handle)]
    recorded = await inbox.take(connection, consumer=consumer, event_ids=asked) if asked else set()
    fresh = []
    for one in taken:
        if _knows_duplicates(one.handle):
            fresh.append(one)
        elif one.event.event_id in recorded:
            recorded.discard(one.event.event_id)  # it may be here twice
            fresh.append(one)
    return fresh


def _knows_duplicates(handle: Handler | Together) -> bool:
    return isinstance(handle, Together) and handle.knows_duplicates
