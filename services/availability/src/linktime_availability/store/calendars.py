"""The `calendars` table, as their host sees it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from linktime_availability.domain.calendars import AccountState, FoundCalendar, HostCalendar
from linktime_common.columns import ArrayColumns, Columns
from linktime_common.postgres import Connection

GIVEN = ArrayColumns(
    id="uuid",
    account_id="uuid",
    host_id="uuid",
    ref="text",
    name="text",
    colour="text",
    is_writable="boolean",
    reads="boolean",
    writes="boolean",
)
COLUMNS = GIVEN.without("ref") + Columns(
    *("synced_at", "expanded_until", "last_error", "events", "refused_count", "refused")
)
# Of bookings that are not yet ended.
WRITES = Columns("pending_writes", "failed_writes", "changed_events", "write_error")

# A calendar that is known keeps what the host has chosen, as far as the server still allows it.
UPSERT = f"""
    INSERT INTO calendars ({GIVEN})
    SELECT {GIVEN}
      FROM unnest({GIVEN.arrays()}) AS given ({GIVEN})
    ON CONFLICT (account_id, ref) DO UPDATE
       SET name = excluded.name, colour = excluded.colour, is_writable = excluded.is_writable,
           writes = calendars.writes AND excluded.is_writable
"""  # noqa: S608 - the columns are a constant

SELECT = f"""
    SELECT {COLUMNS.qualified("c")}, a.state AS account_state, {WRITES.qualified("l")}
      FROM calendars c
      JOIN calendar_accounts a ON a.id = c.account_id AND a.host_id = c.host_id
      CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE state = 'PENDING') AS pending_writes,
                  count(*) FILTER (WHERE state = 'FAILED') AS failed_writes,
                  count(*) FILTER (WHERE state = 'DRIFTED') AS changed_events,
                  (array_agg(last_error ORDER BY due_at DESC)
                   FILTER (WHERE last_error IS NOT NULL AND state <> 'DRIFTED'))[1] AS write_error
             FROM calendar_event_links
            WHERE calendar_id = c.id
              AND host_id = c.host_id
              AND ends_at > now()
           ) l
"""  # noqa: S608 - the columns are a constant

LIST = f"{SELECT} WHERE c.host_id = $1 ORDER BY c.created_at, c.id"
LIST_OF_ACCOUNT = f"""
    {SELECT}
     WHERE c.host_id = $1
       AND c.account_id = $2
     ORDER BY c.created_at, c.id
"""
FIND = f"{SELECT} WHERE c.host_id = $1 AND c.id = $2"

LIST_REFS = "SELECT account_id, ref FROM calendars WHERE host_id = $1 ORDER BY created_at, id"

COUNTS = """
    SELECT count(*) FILTER (WHERE reads) AS read, count(*) FILTER (WHERE writes) AS written
      FROM calendars
     WHERE host_id = $1
"""

STOP_WRITING = "UPDATE calendars SET writes = false WHERE host_id = $1 AND id <> $2"

# What is not read is not kept; a calendar that is read again starts from the beginning.
CHOOSE = """
    UPDATE calendars
       SET reads = $3,
           writes = $4,
           next_sync_at = CASE WHEN $3 AND NOT reads THEN now() ELSE next_sync_at END,
           reads_since = CASE WHEN $3 AND NOT reads THEN now() ELSE reads_since END
     WHERE host_id = $1
       AND id = $2
"""
READ = Columns(
    *("sync_state", "synced_at", "expanded_until", "leased_until"),
    *("last_error", "disconnected_at"),
)
FORGET_STATE = f"""
    UPDATE calendars
       SET {READ.assignments_of("NULL")}, failures = 0,
           events = 0, refused_count = 0, refused = '[]'
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant
FORGET_OBJECTS = "DELETE FROM calendar_objects WHERE host_id = $1 AND calendar_id = $2"

# A reading with earlier credentials that has not ended stores nothing.
START_AGAIN = """
    UPDATE calendars
       SET sync_state = NULL, leased_until = NULL
     WHERE host_id = $1
       AND account_id = $2
"""

SYNC_NOW = """
    UPDATE calendars
       SET next_sync_at = now(), failures = 0,
           reads_since = CASE WHEN $3 THEN now() ELSE reads_since END
     WHERE host_id = $1
       AND account_id = $2
"""

# A refused account stays so.
SYNC_SOON = """
    UPDATE calendars
       SET next_sync_at = now()
     WHERE host_id = $1
       AND account_id = $2
       AND next_sync_at < 'infinity'
"""

IS_READ = """
    SELECT EXISTS (SELECT FROM calendars WHERE host_id = $1 AND account_id = $2 AND reads)
"""

# One that another transaction has locked may become due again; the account's state stops it, too.
STOP_READING = """
    UPDATE calendars
       SET next_sync_at = 'infinity'
     WHERE id IN (SELECT id
                    FROM calendars
                   WHERE host_id = $1
                     AND account_id = $2
                     FOR NO KEY UPDATE SKIP LOCKED)
"""


def _read(row: Any) -> HostCalendar:
    return HostCalendar(
        **COLUMNS.fields(row),
        **WRITES.fields(row),
        account_state=AccountState(row["account_state"]),
    )


async def upsert(connection: Connection, found: Sequence[FoundCalendar]) -> None:
    """Store calendars of an account, or their new properties."""
    columns = zip(*map(GIVEN.values, found), strict=True)
    await connection.execute(UPSERT, *map(list, columns))


async def list_of(connection: Connection, host_id: UUID) -> list[HostCalendar]:
    return [_read(row) for row in await connection.fetch(LIST, host_id)]


async def list_of_account(
    connection: Connection, *, host_id: UUID, account_id: UUID
) -> list[HostCalendar]:
    return [_read(row) for row in await connection.fetch(LIST_OF_ACCOUNT, host_id, account_id)]


async def list_refs(connection: Connection, host_id: UUID) -> list[tuple[UUID, str]]:
    """Return account and address of each calendar of the host."""
    rows = await connection.fetch(LIST_REFS, host_id)
    return [(row["account_id"], row["ref"]) for row in rows]


async def find(connection: Connection, *, host_id: UUID, calendar_id: UUID) -> HostCalendar | None:
    row = await connection.fetchrow(FIND, host_id, calendar_id)
    return _read(row) if row else None


async def count_read_and_written(connection: Connection, host_id: UUID) -> tuple[int, int]:
    """Count the host's calendars that are read, and those that are written."""
    row = await connection.fetchrow(COUNTS, host_id)
    return (row["read"], row["written"]) if row else (0, 0)


async def choose(
    connection: Connection, *, host_id: UUID, calendar_id: UUID, reads: bool, writes: bool
) -> None:
    """Set whether the calendar is read and written; at most one calendar of a host is written."""
    if writes:
        await connection.execute(STOP_WRITING, host_id, calendar_id)
    await connection.execute(CHOOSE, host_id, calendar_id, reads, writes)
    if not reads:
        await connection.execute(FORGET_STATE, host_id, calendar_id)
        await connection.execute(FORGET_OBJECTS, host_id, calendar_id)


async def start_again(connection: Connection, *, host_id: UUID, account_id: UUID) -> None:
    """Let the account's calendars be read from the beginning, with its new credentials."""
    await connection.execute(START_AGAIN, host_id, account_id)


async def sync_soon(connection: Connection, *, host_id: UUID, account_id: UUID) -> None:
    """Let a worker read the account's calendars next, unless its credentials are refused."""
    await connection.execute(SYNC_SOON, host_id, account_id)


async def is_read(connection: Connection, *, host_id: UUID, account_id: UUID) -> bool:
    """Whether busy time comes from a calendar of the account."""
    return bool(await connection.fetchval(IS_READ, host_id, account_id))


async def stop_reading(connection: Connection, *, host_id: UUID, account_id: UUID) -> None:
    """Let no calendar of the account be due until `sync_now`."""
    await connection.execute(STOP_READING, host_id, account_id)


async def sync_now(
    connection: Connection, *, host_id: UUID, account_id: UUID, was_refused: bool
) -> None:
    """Let a worker read the account's calendars next; those of a refused one were not tried."""
    await connection.execute(SYNC_NOW, host_id, account_id, was_refused)
