"""Deliveries in hand: claimed by lease, completed in batches, both fenced by the lease's owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection

LEASE_SECONDS = 60

# First the endpoints that have anything pending (walking the index from one to the next, however
# many rows each has), then for each as many due rows as it has free slots: one endpoint's backlog
# cannot fill the claim. A row whose lease ran out is due again.
CLAIM = """
    WITH RECURSIVE waiting (endpoint_id) AS (
        (SELECT endpoint_id FROM deliveries WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.endpoint_id
                  FROM deliveries d
                 WHERE d.state = 'pending' AND d.endpoint_id > waiting.endpoint_id
                 ORDER BY d.endpoint_id
                 LIMIT 1)
          FROM waiting
         WHERE waiting.endpoint_id IS NOT NULL
    ),
    taken AS MATERIALIZED (
        SELECT due.id
          FROM waiting
          LEFT JOIN unnest($1::uuid[], $2::int[]) AS busy (endpoint_id, count)
                 ON busy.endpoint_id = waiting.endpoint_id
         CROSS JOIN LATERAL (
               SELECT d.id
                 FROM deliveries d
                WHERE d.endpoint_id = waiting.endpoint_id
                  AND d.state = 'pending'
                  AND d.next_at <= now()
                  AND (d.lease_until IS NULL OR d.lease_until < now())
                ORDER BY d.next_at
                LIMIT greatest($3 - coalesce(busy.count, 0), 0)
                  FOR UPDATE SKIP LOCKED
               ) AS due
         LIMIT $4
    )
    UPDATE deliveries d
       SET lease_until = now() + make_interval(secs => $5),
           lease_owner = $6,
           claims = d.claims + 1
      FROM taken, endpoints e, messages m
     WHERE d.id = taken.id
       AND e.id = d.endpoint_id
       AND m.id = d.message_id
    RETURNING d.id, d.endpoint_id, d.attempt, e.url, e.sealed_secret, m.id AS message_id, m.body
"""

COMPLETE = """
    WITH result AS (
        SELECT *
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::text[], $6::int[],
                      $7::float8[])
            AS r (id, attempt, state, status, reason, milliseconds, delay_seconds)
         ORDER BY id
    ),
    completed AS (
        UPDATE deliveries d
           SET state = r.state,
               attempt = r.attempt,
               next_at = now() + make_interval(secs => coalesce(r.delay_seconds, 0)),
               lease_until = NULL,
               lease_owner = NULL,
               finished_at = CASE WHEN r.state <> 'pending' THEN now() END
          FROM result r
         WHERE d.id = r.id
           AND d.attempt = r.attempt - 1
           AND d.lease_owner = $8
        RETURNING d.id
    )
    INSERT INTO attempts (delivery_id, attempt, status, reason, milliseconds)
    SELECT r.id, r.attempt, r.status, r.reason, r.milliseconds
      FROM result r
      JOIN completed ON completed.id = r.id
"""

# Whoever has one in hand finds its lease gone, and records nothing.
CANCEL = """
    UPDATE deliveries
       SET state = 'cancelled', lease_until = NULL, lease_owner = NULL, finished_at = now()
     WHERE endpoint_id = $1
       AND state = 'pending'
"""


@dataclass(frozen=True)
class Claimed:
    """One delivery in hand; `attempt` is how many have been made before."""

    id: UUID
    endpoint_id: UUID
    message_id: UUID
    attempt: int
    url: str
    sealed_secret: bytes
    body: bytes


@dataclass(frozen=True)
class Completed:
    """What became of one attempt; `delay_seconds` until the next when the state is pending."""

    delivery_id: UUID
    attempt: int
    state: str
    status: int | None
    reason: str
    milliseconds: int
    delay_seconds: float | None


async def claim(
    connection: Connection,
    *,
    owner: UUID,
    in_flight: Mapping[UUID, int],
    per_endpoint: int,
    limit: int,
) -> list[Claimed]:
    """Take up to `limit` due deliveries for a minute, at most `per_endpoint` of each endpoint."""
    rows = await connection.fetch(
        CLAIM,
        list(in_flight.keys()),
        list(in_flight.values()),
        per_endpoint,
        limit,
        float(LEASE_SECONDS),
        owner,
    )
    return [Claimed(**row) for row in rows]


async def complete(connection: Connection, results: Sequence[Completed], *, owner: UUID) -> None:
    """Record attempts and move their deliveries on; one whose lease was lost is left alone."""
    await connection.execute(
        COMPLETE,
        [result.delivery_id for result in results],
        [result.attempt for result in results],
        [result.state for result in results],
        [result.status for result in results],
        [result.reason for result in results],
        [result.milliseconds for result in results],
        [result.delay_seconds for result in results],
        owner,
    )


async def cancel(connection: Connection, endpoint_id: UUID) -> None:
    """End what still waits to be sent to the endpoint."""
    await connection.execute(CANCEL, endpoint_id)
