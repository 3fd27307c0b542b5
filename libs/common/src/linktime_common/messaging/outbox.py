"""The transactional outbox: rows written with their effect, published by the relay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_common import logs, postgres, request_ids
from linktime_common.columns import Columns
from linktime_common.contracts.events import Event
from linktime_common.postgres import Connection

CHANNEL = "outbox"
"""The NOTIFY channel for relays in other processes; see `Notifier`."""
PURPOSE = "outbox"
"""In the name of the one direct connection that every process of a service has for it."""
SERVING = "outbox serving"
"""The same of a process that answers HTTP, so that these can be counted."""

COLUMNS = Columns("event_id", "routing_key", "envelope", "traceparent")
TYPES = {"event_id": "uuid", "envelope": "bytea"}
"""Types of the columns that are not text, for INSERT … SELECT."""

ADD = f"INSERT INTO outbox ({COLUMNS}) VALUES ({COLUMNS.placeholders()})"  # noqa: S608 - constants

LAG = """
    SELECT count(*) AS unpublished,
           coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_seconds
      FROM outbox
     WHERE published_at IS NULL
"""

CLAIM = """
    UPDATE outbox
       SET claimed_until = now() + $3
     WHERE seq IN (
           SELECT seq
             FROM outbox
            WHERE published_at IS NULL
              AND next_attempt_at <= now()
              AND (claimed_until IS NULL OR claimed_until < now())
              AND routing_key <> ALL ($1::text[])
            ORDER BY next_attempt_at, seq
            LIMIT $2
              FOR UPDATE SKIP LOCKED
           )
    RETURNING seq, event_id, routing_key, envelope, traceparent, created_at
"""

CLAIM_ONE_OF = """
    UPDATE outbox
       SET claimed_until = now() + $2
     WHERE seq IN (
           SELECT seq
             FROM outbox
            WHERE published_at IS NULL
              AND (claimed_until IS NULL OR claimed_until < now())
              AND routing_key = $1
            ORDER BY next_attempt_at, seq
            LIMIT 1
              FOR UPDATE SKIP LOCKED
           )
    RETURNING seq, event_id, routing_key, envelope, traceparent, created_at
"""

MARK_PUBLISHED = """
    UPDATE outbox
       SET published_at = now(), claimed_until = NULL, last_error = NULL
     WHERE seq = ANY ($1)
"""

MARK_FAILED = """
    UPDATE outbox
       SET claimed_until = NULL,
           attempts = attempts + 1,
           last_error = failed.error,
           next_attempt_at = now() + least(0.25 * 2 ^ least(attempts, 16), $3) * interval '1 second'
      FROM unnest($1::bigint[], $2::text[]) AS failed (seq, error)
     WHERE outbox.seq = failed.seq
       AND published_at IS NULL
"""

PRUNE = """
    DELETE FROM outbox
     WHERE seq IN (
           SELECT seq FROM outbox WHERE published_at < now() - $1::interval
            ORDER BY published_at LIMIT $2
           )
"""


@dataclass(frozen=True)
class OutboxRow:
    """A claimed row."""

    seq: int
    event_id: UUID
    routing_key: str
    envelope: bytes
    traceparent: str | None
    created_at: datetime


@dataclass(frozen=True)
class Lag:
    """The publishing backlog."""

    unpublished: int
    oldest_seconds: float


async def add(connection: Connection, event: Event) -> None:
    """Write `event` in the running transaction; a relay publishes it after the commit.

    An event without consumers is not written.
    """
    if event.consumers:
        await connection.execute(ADD, *values_of(event))


async def add_all(connection: Connection, events: Sequence[Event]) -> None:
    """As `add`, for many events."""
    values = [values_of(event) for event in events if event.consumers]
    if values:
        await connection.executemany(ADD, values)


def values_of(event: Event) -> tuple[UUID, str, bytes, str | None]:
    """Return the values for `ADD`, for a statement that writes an event with its effect."""
    traceparent = logs.traceparent.get()
    postgres.events_were_written()
    envelope = event.envelope(traceparent, request_ids.current.get())
    return event.event_id, event.routing_key(), envelope, traceparent


async def lag(connection: Connection) -> Lag:
    """Return how many rows wait, and the age of the oldest in seconds."""
    row = await connection.fetchrow(LAG)
    return Lag(row["unpublished"], row["oldest_seconds"]) if row else Lag(0, 0.0)


async def claim(
    connection: Connection, *, limit: int, lease: timedelta, without: list[str]
) -> list[OutboxRow]:
    """Claim up to `limit` due rows for `lease`, except the routing keys `without`."""
    rows = await connection.fetch(CLAIM, without, limit, lease)
    return sorted((OutboxRow(**row) for row in rows), key=lambda row: row.seq)


async def claim_one_of(
    connection: Connection, routing_key: str, *, lease: timedelta
) -> list[OutboxRow]:
    """Claim one row of this routing key, due or not, to test whether it can be published."""
    return [OutboxRow(**row) for row in await connection.fetch(CLAIM_ONE_OF, routing_key, lease)]


async def mark_published(connection: Connection, rows: list[OutboxRow]) -> None:
    """Mark rows that the broker has confirmed."""
    await connection.execute(MARK_PUBLISHED, [row.seq for row in rows])


async def mark_failed(
    connection: Connection, failed: list[tuple[OutboxRow, str]], *, longest_wait: timedelta
) -> None:
    """Mark unconfirmed rows for a retry, after at most `longest_wait`."""
    await connection.execute(
        MARK_FAILED,
        [row.seq for row, _error in failed],
        [error for _row, error in failed],
        longest_wait.total_seconds(),
    )


async def prune(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` rows published longer ago than that; returns how many."""
    status = await connection.execute(PRUNE, older_than, limit)
    return int(status.rsplit(" ", 1)[1])
