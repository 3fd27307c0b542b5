"""Live deliveries: claimed by lease, completed in batches, both fenced by the lease's owner.

Leases that end without a result: `leases.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.postgres import Connection

LEASE_SECONDS = 60
MOST_BROUGHT_FORWARD = 5_000

# The columns that a delivery keeps when it ends, and the columns of its history.
KEPT = Columns("id", "event_id", "event_created_at", "endpoint_id", "kind", "created_at")
HISTORY = KEPT + Columns("state", "attempt", "last_reason", "finished_at")

# The final state of deliveries to an `endpoints e` out of use: cancelled after a 410 or a deletion,
# suppressed after its owner or its failures disabled it.
STATE_OUT_OF_USE = """
    CASE WHEN e.deleted_at IS NOT NULL OR e.disabled_reason = 'gone'
         THEN 'cancelled' ELSE 'suppressed' END
"""

# Before every endpoint, as `is_replay, endpoint_id`.
BEGINNING = (False, UUID(int=0))

# The first unclaimed row of each endpoint after ($1, $2). Walks the index from one endpoint to the
# next, however many rows each has: a backlog costs no more than one row.
FIRST_DUE = """
    RECURSIVE first_due (is_replay, endpoint_id, next_at) AS (
        (SELECT is_replay, endpoint_id, next_at
           FROM deliveries
          WHERE lease_until IS NULL
            AND (is_replay, endpoint_id) > ($1, $2)
          ORDER BY is_replay, endpoint_id, next_at
          LIMIT 1)
        UNION ALL
        SELECT next.is_replay, next.endpoint_id, next.next_at
          FROM first_due f
         CROSS JOIN LATERAL (
               SELECT d.is_replay, d.endpoint_id, d.next_at
                 FROM deliveries d
                WHERE d.lease_until IS NULL
                  AND (d.is_replay, d.endpoint_id) > (f.is_replay, f.endpoint_id)
                ORDER BY d.is_replay, d.endpoint_id, d.next_at
                LIMIT 1
               ) AS next
    )
"""

# Paused endpoints are skipped; their rows wait and use up no attempt.
READY = f"""
    WITH {FIRST_DUE}
    SELECT f.endpoint_id, f.is_replay, h.slow, h.breaker <> 'closed' AS is_probe,
           e.rate_per_second, t.endpoint_id IS NOT NULL AS has_turn
      FROM first_due f
      JOIN endpoints e ON e.id = f.endpoint_id
      JOIN endpoint_health h ON h.endpoint_id = f.endpoint_id
      LEFT JOIN endpoint_turns t ON t.endpoint_id = f.endpoint_id
     WHERE f.next_at <= now()
       AND e.disabled_at IS NULL
       AND (h.paused_until IS NULL OR h.paused_until <= now())
       AND (h.breaker = 'closed' OR h.breaker_until <= now())
     LIMIT $3
"""  # noqa: S608 - the parts are constants

# Enabled endpoints with due test events, and how many; neither health nor rate counts.
DUE_TESTS = """
    SELECT d.endpoint_id, count(*) AS due
      FROM deliveries d
      JOIN endpoints e ON e.id = d.endpoint_id
     WHERE d.kind = 'test'
       AND d.lease_until IS NULL
       AND d.next_at <= now()
       AND e.disabled_at IS NULL
     GROUP BY d.endpoint_id
     ORDER BY min(d.next_at)
     LIMIT $1
"""

# Locked rows stay in place, so that they need not be looked up again by their ids.
_CLAIM = """
    WITH allotted AS (
        SELECT *
          FROM unnest($1::uuid[], $2::boolean[], $3::int[]) AS a (endpoint_id, is_replay, count)
    ),
    taken AS MATERIALIZED (
        SELECT due.place
          FROM allotted a
         CROSS JOIN LATERAL (
               SELECT d.ctid AS place
                 FROM deliveries d
                WHERE {which}
                  AND d.endpoint_id = a.endpoint_id
                  AND d.lease_until IS NULL
                  AND d.next_at <= now()
                ORDER BY d.next_at
                LIMIT a.count
                  FOR UPDATE SKIP LOCKED
               ) AS due
    ),
    claimed AS (
        UPDATE deliveries
           SET lease_until = now() + make_interval(secs => $4),
               lease_owner = $5
         WHERE ctid = ANY (ARRAY (SELECT place FROM taken))
        RETURNING id, event_id, event_created_at, endpoint_id, kind, attempt
    )
    SELECT c.id, c.event_id, c.endpoint_id, c.kind, c.attempt, e.body, e.occurred_at,
           e.traceparent
      FROM claimed c
      JOIN events e ON e.created_at = c.event_created_at AND e.id = c.event_id
"""

CLAIM = _CLAIM.format(which="d.is_replay = a.is_replay AND d.kind <> 'test'")
CLAIM_TESTS = _CLAIM.format(which="d.kind = 'test'")

# Repeating is safe: a committed result no longer matches its attempt and lease. There is no further
# attempt at an endpoint that was disabled or deleted during the request.
COMPLETE = f"""
    WITH given AS (
        SELECT *
          FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::float8[])
            AS g (id, attempt, attempts, state, reason, delay_seconds)
    ),
    out_of_use AS MATERIALIZED (
        SELECT g.id, {STATE_OUT_OF_USE} AS state
          FROM given g
          JOIN deliveries d ON d.id = g.id
          JOIN endpoints e ON e.id = d.endpoint_id
         WHERE g.state = 'pending'
           AND (e.deleted_at IS NOT NULL OR e.disabled_at IS NOT NULL)
    ),
    result AS (
        SELECT g.id, g.attempt, g.attempts, coalesce(o.state, g.state) AS state, g.reason,
               g.delay_seconds
          FROM given g
          LEFT JOIN out_of_use o ON o.id = g.id
         ORDER BY g.id
    ),
    ended AS (
        DELETE FROM deliveries d
         USING result r
         WHERE d.id = r.id
           AND d.attempt = r.attempt
           AND d.lease_owner = $7
           AND r.state <> 'pending'
        RETURNING {KEPT.qualified("d")}, r.state, r.attempts, r.reason
    ),
    history AS (
        INSERT INTO delivery_history ({HISTORY})
        SELECT {KEPT}, state, attempts, reason, now()
          FROM ended
    ),
    again AS (
        UPDATE deliveries d
           SET attempt = r.attempts,
               last_reason = r.reason,
               next_at = now() + make_interval(secs => r.delay_seconds),
               lease_until = NULL,
               lease_owner = NULL
          FROM result r
         WHERE d.id = r.id
           AND d.attempt = r.attempt
           AND d.lease_owner = $7
           AND r.state = 'pending'
        RETURNING d.id
    )
    SELECT id, state FROM ended UNION ALL SELECT id, 'pending' FROM again
"""  # noqa: S608 - the columns are a constant

# Locked in the order of their ids, as results are; claimed rows are left alone.
BRING_FORWARD = """
    WITH waiting AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE endpoint_id = $1
           AND lease_until IS NULL
           AND next_at > now()
         LIMIT $2
    ),
    held AS MATERIALIZED (
        SELECT id
          FROM deliveries
         WHERE id IN (SELECT id FROM waiting)
           AND lease_until IS NULL
         ORDER BY id
           FOR UPDATE
    )
    UPDATE deliveries
       SET next_at = now()
     WHERE id IN (SELECT id FROM held)
"""


class Candidate(NamedTuple):
    """An endpoint with something due, live or replayed; a probe is a single delivery."""

    endpoint_id: UUID
    is_replay: bool
    slow: bool
    is_probe: bool
    rate: int | None
    has_turn: bool


@dataclass(frozen=True)
class Allotment:
    """How many due deliveries of an endpoint to claim."""

    endpoint_id: UUID
    is_replay: bool
    count: int


class Claimed(NamedTuple):
    """One claimed delivery; `attempt` is the number of earlier attempts."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    kind: str
    attempt: int
    body: bytes
    occurred_at: datetime
    traceparent: str | None


class Completed(NamedTuple):
    """The result of a delivery claimed at `attempt`: it has had `attempts` now; as in COMPLETE.

    `delay_seconds` until the next attempt if the state is pending.
    """

    delivery_id: UUID
    attempt: int
    attempts: int
    state: str
    reason: str
    delay_seconds: float


async def ready(connection: Connection, *, after: tuple[bool, UUID], limit: int) -> list[Candidate]:
    """Return up to `limit` endpoints with due deliveries that may be sent to, in a fixed order."""
    return [Candidate(*row) for row in await connection.fetch(READY, *after, limit)]


async def claim(
    connection: Connection, allotments: Sequence[Allotment], *, owner: UUID
) -> list[Claimed]:
    """Lease due deliveries for a minute, as many of each endpoint as it was allotted."""
    return await _claim(connection, CLAIM, allotments, owner)


async def due_tests(connection: Connection, *, limit: int) -> dict[UUID, int]:
    """Return up to `limit` endpoints with due test events, and how many each has."""
    rows = await connection.fetch(DUE_TESTS, limit)
    return {row["endpoint_id"]: row["due"] for row in rows}


async def claim_tests(
    connection: Connection, allotments: Sequence[Allotment], *, owner: UUID
) -> list[Claimed]:
    """As `claim`, for test events only."""
    return await _claim(connection, CLAIM_TESTS, allotments, owner)


async def complete(
    connection: Connection, results: Sequence[Completed], *, owner: UUID
) -> dict[UUID, str]:
    """Apply results and return the new state of each delivery; one with a lost lease is skipped.

    The health of the endpoints must be locked: `endpoints.disable` and `delete` wait for it.
    """
    rows = await connection.fetch(COMPLETE, *zip(*results, strict=True), owner)
    return {row["id"]: row["state"] for row in rows}


async def bring_forward(connection: Connection, endpoint_id: UUID) -> None:
    """Make up to 5,000 of the endpoint's deliveries that wait for a retry due now."""
    await connection.execute(BRING_FORWARD, endpoint_id, MOST_BROUGHT_FORWARD)


async def _claim(
    connection: Connection, statement: str, allotments: Sequence[Allotment], owner: UUID
) -> list[Claimed]:
    rows = await connection.fetch(
        statement,
        [one.endpoint_id for one in allotments],
        [one.is_replay for one in allotments],
        [one.count for one in allotments],
        float(LEASE_SECONDS),
        owner,
    )
    return [Claimed(*row) for row in rows]
