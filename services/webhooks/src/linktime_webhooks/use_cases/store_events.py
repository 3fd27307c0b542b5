"""Stores events, with a delivery for each endpoint that chose them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge

from linktime_common.contracts.events import Event
from linktime_common.messaging.intake import Unfit
from linktime_common.postgres import Connection
from linktime_webhooks.domain.payloads import body_of
from linktime_webhooks.store import events as store
from linktime_webhooks.store.events import NewEvent

MOST_BODY_BYTES = 256 * 1024

LAG = Gauge(
    "linktime_webhooks_intake_lag_seconds",
    "From an event to its processing, of the last batch",
)
DUPLICATES = Counter("linktime_webhooks_duplicate_events", "Events already processed")
OVERSIZED = Counter(
    "linktime_webhooks_oversized_events", "Events dead-lettered for the size of their body"
)


async def store_events(connection: Connection, events: Sequence[Event]) -> int:
    """Store events with deliveries to the current subscribers; skip those already processed.

    Returns how many were new. Raises Unfit for an event too big to be sent.
    """
    by_id = {event.event_id: event for event in events}
    messages = [_new_event(event) for event in by_id.values()]
    for message in messages:
        if len(message.body) > MOST_BODY_BYTES:
            # The consumer splits a batch with such an event, and passes it again alone.
            OVERSIZED.inc(len(messages) == 1)
            raise Unfit(f"The body is larger than {MOST_BODY_BYTES} bytes: {len(message.body)}")
    new = await store.insert(connection, messages)
    DUPLICATES.inc(len(events) - new)
    oldest = min(event.occurred_at for event in events)
    LAG.set((datetime.now(UTC) - oldest).total_seconds())
    return new


def _new_event(event: Event) -> NewEvent:
    return NewEvent(
        event_id=event.event_id,
        owner_id=event.owner_id,
        type=event.type,
        body=body_of(event),
        occurred_at=event.occurred_at,
        request_id=event.request_id,
        traceparent=event.traceparent,
    )
