"""SQL of the table `calls`."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_common.redaction import with_hash
from linktime_contacts.domain.call import Call, CallStatus
from linktime_contacts.domain.direction import Direction

CALL = Columns(
    "source",
    "external_id",
    "direction",
    "contact_phone",
    "agent_name",
    "agent_id",
    "started_at",
    "ended_at",
    "duration_seconds",
    "status",
    "end_reason",
    "summary",
    "transcript",
    "recording_url",
    "booking_id",
    "metadata",
)

INSERT = f"""
    INSERT INTO calls (owner_id, id, {CALL})
    VALUES ($1, $2, {CALL.placeholders(first=3)})
    ON CONFLICT (owner_id, source, external_id) DO NOTHING
    RETURNING true
"""  # noqa: S608 - the columns are a constant

LOCK = f"""
    SELECT id, {CALL}
      FROM calls
     WHERE owner_id = $1
       AND source = ANY ($2)
       AND external_id = ANY ($3)
       FOR NO KEY UPDATE
"""  # noqa: S608 - the columns are a constant

MERGED = CALL.without("source", "external_id")

SAVE = f"""
    UPDATE calls
       SET {MERGED.assignments(first=3)}
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

# Fields of ListedCall.
LISTED = Columns(
    "direction",
    "contact_phone",
    "agent_name",
    "started_at",
    "ended_at",
    "duration_seconds",
    "status",
    "end_reason",
    "summary",
    "agent_id",
    "booking_id",
    "recording_url",
    "transcript",
    "metadata",
)

PAGE = f"""
    SELECT page.id, {LISTED}, contact.id AS contact_id
      FROM calls AS page
      LEFT JOIN LATERAL (
           (SELECT id
              FROM contacts
             WHERE owner_id = $1
               AND phone = contact_phone
             ORDER BY created_at, id
             LIMIT 1)
           UNION ALL
           SELECT contact_id
             FROM contact_aliases
            WHERE owner_id = $1
              AND kind = 'phone'
              AND key = contact_phone
           LIMIT 1
           ) AS contact ON true
     WHERE owner_id = $1
       AND page.id IN (
           SELECT id
             FROM calls
            WHERE owner_id = $1
              AND started_at >= coalesce($2::timestamptz, '-infinity')
              AND started_at < coalesce($3::timestamptz, 'infinity')
            ORDER BY started_at DESC, id
            LIMIT $4
           OFFSET $5
           )
     ORDER BY started_at DESC, page.id
"""  # noqa: S608 - the columns are a constant

PAGE_OF_STATUS = PAGE.replace(
    "ORDER BY started_at DESC, id", "AND status = $6 ORDER BY started_at DESC, id"
)

COUNT = """
    SELECT count(*)
      FROM calls
     WHERE owner_id = $1
       AND started_at >= coalesce($2::timestamptz, '-infinity')
       AND started_at < coalesce($3::timestamptz, 'infinity')
"""

COUNT_OF_STATUS = f"{COUNT} AND status = $4"


class ListedCall(NamedTuple):
    """A call of a list; `contact_id` is None without a matching contact."""

    id: UUID
    direction: Direction
    contact_phone: str | None
    agent_name: str | None
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: int
    status: CallStatus
    end_reason: str | None
    summary: str | None
    agent_id: str | None
    booking_id: str | None
    recording_url: str | None
    transcript: list[dict[str, Any]]
    metadata: dict[str, Any]
    contact_id: UUID | None


class ListedCalls(NamedTuple):
    """One page of calls and the total number."""

    calls: list[ListedCall]
    total: int


async def insert(connection: Connection, owner_id: UUID, call_id: UUID, call: Call) -> bool:
    """Return False when the owner already has a call with this source and external id."""
    return bool(await connection.fetchval(INSERT, owner_id, call_id, *CALL.values(call)))


async def lock(connection: Connection, owner_id: UUID, call: Call) -> tuple[UUID, Call] | None:
    """Lock and return the call with this source and external id, or None."""
    names = with_hash(call.source), with_hash(call.external_id)
    row = await connection.fetchrow(LOCK, owner_id, *names)
    if row is None:
        return None
    fields = CALL.fields(row)
    return row["id"], Call(
        **{
            **fields,
            "direction": Direction(fields["direction"]),
            "status": CallStatus(fields["status"]),
        }
    )


async def save(connection: Connection, owner_id: UUID, call_id: UUID, call: Call) -> None:
    """Write the fields that `Call.merged` may change."""
    await connection.execute(SAVE, owner_id, call_id, *MERGED.values(call))


async def page(
    connection: Connection,
    owner_id: UUID,
    *,
    status: CallStatus | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
) -> ListedCalls:
    """Return a page of the owner's calls that started in [since, until), newest first, then by
    id."""
    if status is None:
        rows = await connection.fetch(PAGE, owner_id, since, until, limit, offset)
        total = await connection.fetchval(COUNT, owner_id, since, until)
    else:
        rows = await connection.fetch(PAGE_OF_STATUS, owner_id, since, until, limit, offset, status)
        total = await connection.fetchval(COUNT_OF_STATUS, owner_id, since, until, status)
    return ListedCalls([_listed(row) for row in rows], total)


def _listed(row: Record) -> ListedCall:
    return ListedCall(
        **{
            **row,
            "direction": Direction(row["direction"]),
            "status": CallStatus(row["status"]),
        }
    )
