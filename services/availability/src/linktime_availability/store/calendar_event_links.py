"""The `calendar_event_links` table: what bookings want of hosts' calendars.

A booking has one link, so its event stays in the calendar to which it was first written.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from linktime_availability.domain.event_links import (
    GIVE_UP_AFTER,
    KEPT_FOR,
    BookedEvent,
    WrittenEvent,
)
from linktime_common.columns import ArrayColumns, Columns
from linktime_common.postgres import Connection

BOOKED = ArrayColumns(
    booking_id="uuid",
    host_id="uuid",
    version="bigint",
    sequence="int",
    wanted="text",
    starts_at="timestamptz",
    ends_at="timestamptz",
    traceparent="text",
    event="text",
)
WANTED = BOOKED.without("booking_id", "host_id")
WRITTEN = Columns("booking_id", "version", "starts_at", "ends_at", "ref")

# Statements that lock several links do so by `booking_id`: no two wait for each other.

# Which of the bookings concern a calendar; those of most hosts do not.
CONCERNED = """
    SELECT g.booking_id
      FROM unnest($1::uuid[], $2::uuid[]) AS g (booking_id, host_id)
     WHERE EXISTS (SELECT FROM calendars c WHERE c.host_id = g.host_id AND c.writes)
        OR EXISTS (SELECT FROM calendar_event_links l WHERE l.booking_id = g.booking_id)
"""

# An older version changes nothing. A booking without a link may have an event all the same, as
# links are deleted with the account; the event of a meeting that is over stays.
RECORD = f"""
    INSERT INTO calendar_event_links ({BOOKED}, calendar_id)
    SELECT {BOOKED.without("event").qualified("g")}, g.event::jsonb,
           coalesce(l.calendar_id, c.id)
      FROM unnest({BOOKED.arrays()}) AS g ({BOOKED})
      LEFT JOIN calendar_event_links l ON l.booking_id = g.booking_id
      LEFT JOIN calendars c ON c.host_id = g.host_id AND c.writes
     WHERE l.booking_id IS NOT NULL
        OR (c.id IS NOT NULL AND (g.wanted = 'PRESENT' OR g.ends_at > now()))
     ORDER BY g.booking_id
    ON CONFLICT (booking_id) DO UPDATE
       SET {WANTED.assignments_from("excluded")},
           state = 'PENDING', due_at = now(), failures = 0, last_error = NULL
     WHERE calendar_event_links.version < excluded.version
"""  # noqa: S608 - the columns are a constant

LIST_WRITTEN = f"""
    SELECT {WRITTEN}
      FROM calendar_event_links
     WHERE host_id = $1
       AND calendar_id = $2
       AND state = 'DONE'
       AND wanted = 'PRESENT'
       AND ref IS NOT NULL
       AND ends_at > now()
       AND settled_at < $3
       AND (ref = ANY ($4) OR booking_id = ANY ($5))
     ORDER BY booking_id
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

DRIFTED = """
    UPDATE calendar_event_links
       SET state = 'DRIFTED', last_error = $3
     WHERE host_id = $1
       AND booking_id = $2
"""

RENAMED = """
    UPDATE calendar_event_links
       SET ref = $3, server_version = ''
     WHERE host_id = $1
       AND booking_id = $2
"""

# What is known of the booking is deleted once it has been written.
RETRY = """
    UPDATE calendar_event_links
       SET state = 'PENDING', due_at = now(), failures = 0
     WHERE booking_id IN (SELECT l.booking_id
                            FROM calendar_event_links l
                            JOIN calendars c ON c.id = l.calendar_id
                           WHERE c.host_id = $1
                             AND c.account_id = $2
                             AND l.host_id = $1
                             AND l.state IN ('PENDING', 'FAILED')
                             AND (l.event IS NOT NULL OR l.wanted = 'ABSENT')
                           ORDER BY l.booking_id
                             FOR UPDATE OF l)
"""

# Of all hosts; what is locked now is left for the next time.
GIVE_UP = """
    UPDATE calendar_event_links
       SET state = 'FAILED', event = NULL,
           last_error = 'The meeting was over before the calendar could be changed'
     WHERE booking_id IN (SELECT booking_id
                            FROM calendar_event_links
                           WHERE state IN ('PENDING', 'FAILED')
                             AND ends_at < now() - $1::interval
                             AND (state = 'PENDING' OR event IS NOT NULL)
                             AND (leased_until IS NULL OR leased_until < now())
                             FOR UPDATE SKIP LOCKED)
"""
DELETE_OLD = """
    DELETE FROM calendar_event_links
     WHERE booking_id IN (SELECT booking_id
                            FROM calendar_event_links
                           WHERE ends_at < now() - $1::interval
                             AND state <> 'PENDING'
                             FOR UPDATE SKIP LOCKED)
"""


async def record(connection: Connection, booked: Sequence[BookedEvent]) -> None:
    """Store what bookings want of their hosts' calendars; of one booking the last counts."""
    newest = {one.booking_id: one for one in booked}
    if not newest:
        return
    hosts = [one.host_id for one in newest.values()]
    rows = await connection.fetch(CONCERNED, list(newest), hosts)
    given = [newest[row["booking_id"]] for row in rows]
    if not given:
        return
    *columns, events = zip(*map(BOOKED.values, given), strict=True)
    texts = [None if one is None else orjson.dumps(one).decode() for one in events]
    await connection.execute(RECORD, *map(list, columns), texts)


async def list_written(
    connection: Connection,
    *,
    host_id: UUID,
    calendar_id: UUID,
    before: datetime,
    refs: Collection[str],
    booking_ids: Collection[UUID],
) -> list[WrittenEvent]:
    """Return events with these names or bookings that were written before the given time.

    They are locked until the transaction ends.
    """
    rows: list[Any] = await connection.fetch(
        LIST_WRITTEN, host_id, calendar_id, before, list(refs), list(booking_ids)
    )
    return [WrittenEvent(**WRITTEN.fields(row)) for row in rows]


async def set_drifted(
    connection: Connection, *, host_id: UUID, booking_id: UUID, sentence: str
) -> None:
    await connection.execute(DRIFTED, host_id, booking_id, sentence)


async def set_name(connection: Connection, *, host_id: UUID, booking_id: UUID, ref: str) -> None:
    """Store under which name the server has the event now."""
    await connection.execute(RENAMED, host_id, booking_id, ref)


async def retry(connection: Connection, *, host_id: UUID, account_id: UUID) -> None:
    """Let a worker write next what the account's calendars lack."""
    await connection.execute(RETRY, host_id, account_id)


async def delete_old(connection: Connection) -> None:
    """Give up on events of meetings that are over, and delete links of old ones."""
    await connection.execute(GIVE_UP, GIVE_UP_AFTER)
    await connection.execute(DELETE_OLD, KEPT_FOR)
