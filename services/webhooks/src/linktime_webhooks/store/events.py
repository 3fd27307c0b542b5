"""Consumed events and their deliveries: one statement for a whole batch."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from linktime_common.postgres import Connection

# A delivery's id is a UUID 7 too: the first part of its event's, which is the time, and a random
# end. New rows are adjacent in every index, which saves a quarter of the database's work.
_NEW_ID = "(left(event_id::text, 19) || right(gen_random_uuid()::text, 17))::uuid"

# The lock makes an endpoint that is being deleted or disabled wait, or be seen as such: it gets no
# delivery that this does not end. An event without subscribers is only remembered as seen. Sorted,
# so that two processes with the same events do not deadlock.
INSERT = f"""
    WITH incoming AS (
        SELECT *
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::timestamptz[],
                      $6::text[], $7::text[])
            AS i (event_id, owner_id, type, body, occurred_at, request_id, traceparent)
    ),
    fresh AS (
        INSERT INTO events_seen (event_id, seen_at)
        SELECT event_id, now() FROM incoming ORDER BY event_id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ),
    subscribed AS MATERIALIZED (
        SELECT e.id, e.owner_id, e.events, e.disabled_at
          FROM endpoints e
         WHERE e.owner_id IN (SELECT i.owner_id FROM fresh JOIN incoming i USING (event_id))
           AND e.deleted_at IS NULL
           FOR SHARE
    ),
    chosen AS MATERIALIZED (
        SELECT i.event_id, s.id AS endpoint_id, s.disabled_at
          FROM fresh
          JOIN incoming i USING (event_id)
          JOIN subscribed s ON s.owner_id = i.owner_id AND i.type = ANY (s.events)
    ),
    kept AS (
        INSERT INTO events
               (id, owner_id, type, body, occurred_at, request_id, traceparent, created_at)
        SELECT i.event_id, i.owner_id, i.type, i.body, i.occurred_at, i.request_id,
               i.traceparent, now()
          FROM incoming i
         WHERE i.event_id IN (SELECT event_id FROM chosen)
    ),
    live AS (
        INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, next_at, created_at)
        SELECT {_NEW_ID}, event_id, now(), endpoint_id, now(), now()
          FROM chosen
         WHERE disabled_at IS NULL
         ORDER BY event_id, endpoint_id
        ON CONFLICT DO NOTHING
    ),
    suppressed AS (
        INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state,
                                      attempt, created_at, finished_at)
        SELECT {_NEW_ID}, event_id, now(), endpoint_id, 'event', 'suppressed', 0, now(),
               now()
          FROM chosen
         WHERE disabled_at IS NOT NULL
    )
    SELECT count(*) FROM fresh
"""  # noqa: S608 - the parts are constants

FORGET_SEEN = """
    DELETE FROM events_seen
     WHERE event_id IN (
           SELECT event_id FROM events_seen WHERE seen_at < now() - $1::interval
            ORDER BY seen_at LIMIT $2
           )
"""


class NewEvent(NamedTuple):
    """One event with the body for subscribers."""

    event_id: UUID
    owner_id: UUID
    type: str
    body: bytes
    occurred_at: datetime
    request_id: str | None
    traceparent: str | None


async def insert(connection: Connection, events: Sequence[NewEvent]) -> int:
    """Store events not seen before, with a delivery for each endpoint that chose one.

    Returns how many were new. The ids must differ.
    """
    return int(await connection.fetchval(INSERT, *zip(*events, strict=True)))


async def forget_seen(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` ids seen longer ago than that; return how many."""
    status = await connection.execute(FORGET_SEEN, older_than, limit)
    return int(status.rsplit(" ", 1)[1])
