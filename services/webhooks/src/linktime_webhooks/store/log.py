"""The deliveries of an endpoint, for its owner: live and ended ones in one order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_webhooks.domain.delivery import (
    MOST_LISTED,
    Delivery,
    DeliveryKind,
    DeliveryState,
    LoggedAttempt,
)
from linktime_webhooks.domain.errors import DeliveryNotFound
from linktime_webhooks.store.attempts import ATTEMPT
from linktime_webhooks.store.health import BREAKER_UNTIL, PAUSED_UNTIL

MOST_ATTEMPTS = 100

_MINE = f"""
    mine AS (
        SELECT id
          FROM endpoints
         WHERE owner_id = $1
           AND id = $2
           AND deleted_at IS NULL
    ),
    health AS (
        SELECT greatest({PAUSED_UNTIL}, {BREAKER_UNTIL}) AS held_until
          FROM endpoint_health h
         WHERE h.endpoint_id = (SELECT id FROM mine)
    )
"""  # noqa: S608 - the parts are constants

# Live and ended deliveries under the same names; one that ends keeps its place in the order.
_BOTH = Columns(
    "id", "event_id", "event_created_at", "kind", "attempt", "last_reason", "created_at"
)
_DELIVERY = _BOTH + Columns(
    "event_type", "request_id", "state", "next_at", "finished_at", "trace_id"
)
_OF_EVENT = """e.type AS event_type, e.request_id,
           split_part(e.traceparent, '-', 2) AS trace_id"""
_LIVE = f"""
    SELECT {_BOTH.qualified("d")},
           'pending' AS state,
           CASE WHEN d.kind = 'test' OR d.lease_until IS NOT NULL THEN d.next_at
                ELSE greatest(d.next_at, (SELECT held_until FROM health))
           END AS next_at,
           NULL::timestamptz AS finished_at
      FROM deliveries d
     WHERE d.endpoint_id = (SELECT id FROM mine)
"""  # noqa: S608 - the columns are a constant
_ENDED = f"""
    SELECT {_BOTH.qualified("d")},
           d.state, NULL::timestamptz AS next_at, d.finished_at
      FROM delivery_history d
     WHERE d.endpoint_id = (SELECT id FROM mine)
"""  # noqa: S608 - the columns are a constant

# In each half, so that the newest come from its index and the rest is not read.
_NEWEST = """
       AND d.created_at >= coalesce($3::timestamptz, '-infinity')
       AND d.created_at < coalesce($4::timestamptz, 'infinity')
       AND ($6::text IS NULL
            OR EXISTS (SELECT
                         FROM events e
                        WHERE e.created_at = d.event_created_at
                          AND e.id = d.event_id
                          AND e.type = $6))
     ORDER BY d.created_at DESC, d.id DESC
     LIMIT $7
"""

# At least one row, so that a page past the end still has its total.
PAGE = f"""
    WITH {_MINE},
    listed AS MATERIALIZED (
        SELECT *
          FROM (({_LIVE} AND ($5::text IS NULL OR $5 = 'pending') {_NEWEST})
                UNION ALL
                ({_ENDED} AND ($5::text IS NULL OR d.state = $5) {_NEWEST})) AS either
         ORDER BY created_at DESC, id DESC
         LIMIT $7
    )
    SELECT total.deliveries AS total, page.*, {_OF_EVENT}
      FROM (SELECT count(*) AS deliveries FROM listed) AS total
      LEFT JOIN (SELECT *
                   FROM listed
                  ORDER BY created_at DESC, id DESC
                  LIMIT $8 OFFSET $9) AS page ON true
      LEFT JOIN events e ON e.created_at = page.event_created_at AND e.id = page.event_id
     ORDER BY page.created_at DESC, page.id DESC
"""  # noqa: S608 - the parts are constants

FIND = f"""
    WITH {_MINE}
    SELECT either.*, {_OF_EVENT}
      FROM ({_LIVE} AND d.id = $3 UNION ALL {_ENDED} AND d.id = $3) AS either
      LEFT JOIN events e ON e.created_at = either.event_created_at AND e.id = either.event_id
"""  # noqa: S608 - the parts are constants

ATTEMPTS = f"""
    SELECT {ATTEMPT.without("id", "delivery_id", "endpoint_id")}
      FROM attempts
     WHERE delivery_id = $1
       AND endpoint_id = $2
     ORDER BY at, id
     LIMIT $3
"""  # noqa: S608 - the columns are a constant

BODY = "SELECT body FROM events WHERE created_at = $1 AND id = $2"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Filter of deliveries: created in [since, until), in this state, of this type."""

    since: datetime | None
    until: datetime | None
    state: DeliveryState | None
    event_type: str | None


async def page(
    connection: Connection,
    wanted: Wanted,
    *,
    owner_id: UUID,
    endpoint_id: UUID,
    limit: int,
    offset: int,
) -> tuple[list[Delivery], int]:
    """Return a page of the endpoint's deliveries, newest first, and how many there are in all.

    At most the newest 10,000 are counted and listed.
    """
    rows = await connection.fetch(
        PAGE,
        owner_id,
        endpoint_id,
        wanted.since,
        wanted.until,
        wanted.state,
        wanted.event_type,
        MOST_LISTED,
        limit,
        offset,
    )
    return [_delivery(row) for row in rows if row["id"] is not None], rows[0]["total"]


async def find(
    connection: Connection, *, owner_id: UUID, endpoint_id: UUID, delivery_id: UUID
) -> Delivery:
    """Return one delivery to the owner's endpoint; raises DeliveryNotFound."""
    row = await connection.fetchrow(FIND, owner_id, endpoint_id, delivery_id)
    if row is None:
        raise DeliveryNotFound(delivery_id=delivery_id)
    return _delivery(row)


async def attempts(
    connection: Connection, *, endpoint_id: UUID, delivery_id: UUID
) -> list[LoggedAttempt]:
    """Return the attempts of a delivery, oldest first."""
    rows = await connection.fetch(ATTEMPTS, delivery_id, endpoint_id, MOST_ATTEMPTS)
    return [LoggedAttempt(**row) for row in rows]


async def body(connection: Connection, delivery: Delivery) -> bytes | None:
    """Return the body of a delivery's attempts; None once its event is deleted."""
    sent: bytes | None = await connection.fetchval(
        BODY, delivery.event_created_at, delivery.event_id
    )
    return sent


def _delivery(row: Record) -> Delivery:
    fields = _DELIVERY.fields(row)
    fields["kind"] = DeliveryKind(fields["kind"])
    fields["state"] = DeliveryState(fields["state"])
    return Delivery(**fields)
