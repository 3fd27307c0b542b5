"""Events, deliveries and attempts as the dispatcher writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_webhooks.domain.delivery import DeliveryKind, DeliveryState

EVENT = """
    INSERT INTO events (id, owner_id, type, body, occurred_at, created_at)
    VALUES ($1, $2, $3, '{}', $4, $4)
"""
LIVE = """
    INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, kind, next_at, created_at)
    SELECT $1, id, created_at, $3, $4, $5, $5 FROM events WHERE id = $2
"""
ENDED = """
    INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state,
                                  attempt, last_reason, created_at, finished_at)
    SELECT $1, id, created_at, $3, $4, $5, 1, 'http_500', $6, $6::timestamptz + interval '1 second'
      FROM events
     WHERE id = $2
"""
ATTEMPT = """
    INSERT INTO attempts (id, delivery_id, endpoint_id, attempt, at, url, address,
                          request_headers, status, reason, total_ms, response_headers,
                          response_body)
    VALUES ($1, $2, $3, $4, now(), 'https://example.com/hook', $5, $6, $7, $8, 12, $9, $10)
"""
ALL_LIVE = "SELECT id, event_id, endpoint_id, kind, attempt FROM deliveries"
END_ALL = """
    WITH gone AS (DELETE FROM deliveries RETURNING *)
    INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state,
                                  attempt, created_at, finished_at)
    SELECT id, event_id, event_created_at, endpoint_id, kind, $1, 1, created_at, now() FROM gone
"""


def ago(**parts: float) -> datetime:
    """Return an instant before now, to the millisecond, as the API returns it."""
    instant = datetime.now(UTC) - timedelta(**parts)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


async def add_event(
    database: Database, owner: UUID, *, at: datetime, event_type: str = "booking.created"
) -> UUID:
    """Add an event received at that time."""
    event_id = new_id()
    async with database.connection() as connection:
        await connection.execute(EVENT, event_id, owner, event_type, at)
    return event_id


async def add_delivery(
    database: Database,
    event_id: UUID,
    endpoint_id: str,
    state: DeliveryState,
    *,
    at: datetime,
    kind: DeliveryKind = DeliveryKind.EVENT,
) -> str:
    """Add a delivery of the event created at that time; return its id as text."""
    delivery_id = new_id()
    values = (delivery_id, event_id, UUID(endpoint_id), kind)
    async with database.connection() as connection:
        if state is DeliveryState.PENDING:
            await connection.execute(LIVE, *values, at)
        else:
            await connection.execute(ENDED, *values, state, at)
    return str(delivery_id)


async def add_attempt(
    database: Database,
    delivery_id: str,
    endpoint_id: str,
    *,
    number: int = 1,
    address: str | None = "93.184.215.14",
    reason: str = "http_500",
    status: int | None = 500,
    headers: bytes = b"",
    body: bytes = b"",
) -> None:
    """Add one attempt, made now."""
    sent = {"webhook-id": "msg_1", "X-Api-Key": "•••"}
    async with database.connection() as connection:
        await connection.execute(
            ATTEMPT,
            new_id(),
            UUID(delivery_id),
            UUID(endpoint_id),
            number,
            address,
            sent,
            status,
            reason,
            headers,
            body,
        )


async def live(database: Database) -> list[dict[str, Any]]:
    """Return every delivery that has not ended."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(ALL_LIVE)]


async def end_all(database: Database, state: DeliveryState) -> None:
    """End every live delivery in this state, as the dispatcher does."""
    async with database.connection() as connection:
        await connection.execute(END_ALL, state)
