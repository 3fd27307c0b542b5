"""Deliveries that an owner requests: replays of an event, and test events.

Replays are sent like any other delivery, tests separately. An event that is live is not sent twice.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linktime_common import logs
from linktime_common.columns import Columns
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_webhooks.domain.delivery import MOST_TESTS_A_MINUTE, Delivery, DeliveryKind
from linktime_webhooks.domain.errors import TooManyTests

EXISTS = "SELECT true FROM events WHERE created_at = $1 AND id = $2"

DELIVERY = Columns("id", "event_id", "event_created_at", "endpoint_id", "kind")
EVENT = Columns("id", "owner_id", "type", "body", "occurred_at", "request_id", "traceparent")

# The update without an effect makes RETURNING include a conflicting row.
INSERT_ONE = f"""
    INSERT INTO deliveries (next_at, created_at, {DELIVERY})
    VALUES (now(), now(), {DELIVERY.placeholders()})
    ON CONFLICT ON CONSTRAINT live_deliveries_are_once DO UPDATE SET kind = deliveries.kind
    RETURNING id
"""  # noqa: S608 - the columns are a constant

# Six a minute; earlier times are removed with the next allowed one.
COUNT_TEST = """
    UPDATE endpoint_health
       SET tests_at = (SELECT array_agg(at) FROM (SELECT at FROM unnest(tests_at) AS at
                                                   WHERE at > now() - interval '1 minute'
                                                  UNION ALL SELECT now()) AS kept)
     WHERE endpoint_id = $1
       AND (SELECT count(*) FROM unnest(tests_at) AS at
             WHERE at > now() - interval '1 minute') < $2
    RETURNING true
"""

INSERT_TEST_EVENT = f"""
    INSERT INTO events (created_at, {EVENT})
    VALUES (now(), {EVENT.placeholders()})
    RETURNING created_at
"""  # noqa: S608 - the columns are a constant


class ChosenEvent(NamedTuple):
    """An event to be sent again, by both parts of its key."""

    id: UUID
    created_at: datetime


async def event_is_kept(connection: Connection, delivery: Delivery) -> bool:
    """Return whether the event of the delivery is still stored."""
    values = (delivery.event_created_at, delivery.event_id)
    return bool(await connection.fetchval(EXISTS, *values))


async def insert_one(
    connection: Connection, event: ChosenEvent, *, endpoint_id: UUID, kind: DeliveryKind
) -> tuple[UUID, bool]:
    """Return the event's live delivery, and whether this call created it."""
    made = new_id()
    live = await connection.fetchval(
        INSERT_ONE, made, event.id, event.created_at, endpoint_id, kind
    )
    return live, live == made


async def count_test(connection: Connection, endpoint_id: UUID) -> None:
    """Count one more test event of the endpoint; raises TooManyTests."""
    if not await connection.fetchval(COUNT_TEST, endpoint_id, MOST_TESTS_A_MINUTE):
        raise TooManyTests(endpoint_id=endpoint_id)


async def insert_test_event(
    connection: Connection,
    *,
    event_id: UUID,
    owner_id: UUID,
    event_type: str,
    body: bytes,
    occurred_at: datetime,
    request_id: str | None,
) -> ChosenEvent:
    """Store an event that only the tested endpoint receives."""
    created_at = await connection.fetchval(
        INSERT_TEST_EVENT,
        event_id,
        owner_id,
        event_type,
        body,
        occurred_at,
        request_id,
        logs.traceparent.get(),
    )
    return ChosenEvent(event_id, created_at)
