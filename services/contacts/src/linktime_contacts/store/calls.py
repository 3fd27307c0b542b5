"""The table of calls."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from linktime_common.postgres import Connection
from linktime_contacts.domain.call import Call, CallStatus
from linktime_contacts.domain.direction import Direction

INSERT = """
    INSERT INTO calls (id, owner_id, source, external_id, direction, contact_phone, agent_name,
                       agent_id, started_at, ended_at, duration_seconds, status, end_reason,
                       summary, transcript, recording_url, booking_id, metadata)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (owner_id, source, external_id) DO NOTHING
    RETURNING true
"""

LOCK = """
    SELECT id, source, external_id, direction, contact_phone, agent_name, agent_id, started_at,
           ended_at, duration_seconds, status, end_reason, summary, transcript, recording_url,
           booking_id, metadata
      FROM calls
     WHERE owner_id = $1
       AND source = $2
       AND external_id = $3
       FOR NO KEY UPDATE
"""

SAVE = """
    UPDATE calls
       SET direction = $5, contact_phone = $6, agent_name = $7, agent_id = $8, started_at = $9,
           ended_at = $10, duration_seconds = $11, status = $12, end_reason = $13, summary = $14,
           transcript = $15, recording_url = $16, booking_id = $17, metadata = $18
     WHERE id = $1
       AND owner_id = $2
       AND source = $3
       AND external_id = $4
"""

PAGE = """
    SELECT page.id, direction, contact_phone, agent_name, started_at, ended_at, duration_seconds,
           status, end_reason, summary, contact.id AS contact_id
      FROM calls AS page
      LEFT JOIN LATERAL (
           SELECT id
             FROM contacts
            WHERE owner_id = $1
              AND phone = contact_phone
            ORDER BY created_at, id
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
"""

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
    """A call as it is listed; `contact_id` is None for a stranger."""

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
    contact_id: UUID | None


class Page(NamedTuple):
    """Some of a list, and how long it is in all."""

    calls: list[ListedCall]
    total: int


async def insert(connection: Connection, owner_id: UUID, call_id: UUID, call: Call) -> bool:
    """False when the owner has a call with this source and external id."""
    return bool(await connection.fetchval(INSERT, *_values(owner_id, call_id, call)))


async def lock(connection: Connection, owner_id: UUID, call: Call) -> tuple[UUID, Call]:
    """What is known of the call with this source and external id, which is never deleted; held
    until the transaction ends."""
    (row,) = await connection.fetch(LOCK, owner_id, call.source, call.external_id)
    fields = dict(row)
    call_id: UUID = fields.pop("id")
    return call_id, Call(
        **{
            **fields,
            "direction": Direction(fields["direction"]),
            "status": CallStatus(fields["status"]),
        }
    )


async def save(connection: Connection, owner_id: UUID, call_id: UUID, call: Call) -> None:
    """Write what `Call.merged` may have changed."""
    await connection.execute(SAVE, *_values(owner_id, call_id, call))


async def page(
    connection: Connection,
    owner_id: UUID,
    *,
    status: CallStatus | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
) -> Page:
    """The owner's calls that began in [since, until), newest first, then by id."""
    if status is None:
        rows = await connection.fetch(PAGE, owner_id, since, until, limit, offset)
        total = await connection.fetchval(COUNT, owner_id, since, until)
    else:
        rows = await connection.fetch(PAGE_OF_STATUS, owner_id, since, until, limit, offset, status)
        total = await connection.fetchval(COUNT_OF_STATUS, owner_id, since, until, status)
    return Page([_listed(row) for row in rows], total)


def _values(owner_id: UUID, call_id: UUID, call: Call) -> tuple[object, ...]:
    return (
        call_id,
        owner_id,
        call.source,
        call.external_id,
        call.direction,
        call.contact_phone,
        call.agent_name,
        call.agent_id,
        call.started_at,
        call.ended_at,
        call.duration_seconds,
        call.status,
        call.end_reason,
        call.summary,
        call.transcript,
        call.recording_url,
        call.booking_id,
        call.metadata,
    )


def _listed(row: Record) -> ListedCall:
    return ListedCall(
        **{
            **row,
            "direction": Direction(row["direction"]),
            "status": CallStatus(row["status"]),
        }
    )
