"""Deliveries that an owner asks for: of events that were delivered or lost before, and of tests.

The dispatcher sends them like any other. One of an event that is live is not doubled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_webhooks.domain.delivery import Delivery, DeliveryKind, DeliveryState

EXISTS = "SELECT true FROM events WHERE created_at = $1 AND id = $2"

# Changing nothing on conflict makes the live row come back, whatever happens to it at this moment.
INSERT_ONE = """
    INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, kind, next_at, created_at)
    VALUES ($1, $2, $3, $4, $5, now(), now())
    ON CONFLICT ON CONSTRAINT live_deliveries_are_once DO UPDATE SET kind = deliveries.kind
    RETURNING id
"""

# Of each event that came in within the range, what became of its last delivery decides.
CHOOSE = """
    WITH latest AS (
        SELECT DISTINCT ON (event_created_at, event_id) event_created_at, event_id, state
          FROM delivery_history
         WHERE endpoint_id = $1
           AND created_at >= $2
           AND event_created_at >= $2
           AND event_created_at < $3
           AND kind <> 'test'
         ORDER BY event_created_at, event_id, created_at DESC, id DESC
    )
    SELECT latest.event_id, latest.event_created_at
      FROM latest
      JOIN events e ON e.created_at = latest.event_created_at AND e.id = latest.event_id
     WHERE latest.state = ANY ($4)
       AND ($5::text[] IS NULL OR e.type = ANY ($5))
       AND NOT EXISTS (
           SELECT
             FROM deliveries d
            WHERE d.event_id = latest.event_id
              AND d.endpoint_id = $1
           )
     ORDER BY latest.event_created_at, latest.event_id
     LIMIT $6
"""

# In the order in which intake inserts, so that the two never wait for each other in a circle.
INSERT_MANY = """
    INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, kind, next_at, created_at)
    SELECT id, event_id, event_created_at, $1, 'replay', now(), now()
      FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
        AS chosen (id, event_id, event_created_at)
     ORDER BY event_id
    ON CONFLICT ON CONSTRAINT live_deliveries_are_once DO NOTHING
"""

INSERT_TEST_EVENT = """
    INSERT INTO events (id, owner_id, type, body, occurred_at, created_at)
    VALUES ($1, $2, $3, $4, $5, now())
    RETURNING created_at
"""


class ChosenEvent(NamedTuple):
    """An event to be sent again, named by both parts of its key."""

    id: UUID
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Events that came in within [since, until) and ended in one of `states`; any type if None."""

    since: datetime
    until: datetime
    states: Sequence[DeliveryState]
    event_types: Sequence[str] | None


async def event_is_kept(connection: Connection, delivery: Delivery) -> bool:
    """Whether what the delivery carried can be sent again."""
    values = (delivery.event_created_at, delivery.event_id)
    return bool(await connection.fetchval(EXISTS, *values))


async def insert_one(
    connection: Connection, event: ChosenEvent, *, endpoint_id: UUID, kind: DeliveryKind
) -> tuple[UUID, bool]:
    """The live delivery of the event, and whether it was made here."""
    made = new_id()
    live = await connection.fetchval(
        INSERT_ONE, made, event.id, event.created_at, endpoint_id, kind
    )
    return live, live == made


async def choose(
    connection: Connection, choice: Choice, *, endpoint_id: UUID, limit: int
) -> list[ChosenEvent]:
    """The first events by when they came in that have no live delivery to the endpoint."""
    rows = await connection.fetch(
        CHOOSE,
        endpoint_id,
        choice.since,
        choice.until,
        list(choice.states),
        None if choice.event_types is None else list(choice.event_types),
        limit,
    )
    return [ChosenEvent(*row) for row in rows]


async def insert_many(
    connection: Connection, events: Sequence[ChosenEvent], *, endpoint_id: UUID
) -> int:
    """Make a delivery of each that has none meanwhile; how many were made."""
    status = await connection.execute(
        INSERT_MANY,
        endpoint_id,
        [new_id() for _ in events],
        [event.id for event in events],
        [event.created_at for event in events],
    )
    return int(status.rsplit(" ", 1)[1])


async def insert_test_event(
    connection: Connection,
    *,
    event_id: UUID,
    owner_id: UUID,
    event_type: str,
    body: bytes,
    occurred_at: datetime,
) -> ChosenEvent:
    """An event that only the endpoint under test hears of."""
    created_at = await connection.fetchval(
        INSERT_TEST_EVENT, event_id, owner_id, event_type, body, occurred_at
    )
    return ChosenEvent(event_id, created_at)
