"""The `calendar_objects` and `busy_intervals` tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson

from linktime_availability.domain.calendars import BusyTime
from linktime_availability.domain.wall_time import Span
from linktime_common.columns import ArrayColumns
from linktime_common.postgres import Connection
from linktime_common.shown_texts import one_line

OBJECT = ArrayColumns(
    ref="text", version="text", data="bytea", events="int", refused_count="int", refused="text"
)
INTERVAL = ArrayColumns(ref="text", starts_at="timestamptz", ends_at="timestamptz")
MOST_REFUSED_SHOWN = 100
MOST_OF_A_REF = 200

VERSIONS = """
    SELECT ref, version
      FROM calendar_objects
     WHERE host_id = $1
       AND calendar_id = $2
"""

DATA = """
    SELECT ref, version, data
      FROM calendar_objects
     WHERE host_id = $1
       AND calendar_id = $2
     ORDER BY ref
"""

DELETE = """
    DELETE FROM calendar_objects
     WHERE host_id = $1
       AND calendar_id = $2
       AND ref = ANY ($3)
"""

PUT = f"""
    INSERT INTO calendar_objects (host_id, calendar_id, {OBJECT})
    SELECT $1, $2, {OBJECT.without("refused")}, refused::jsonb
      FROM unnest({OBJECT.arrays(first=3)}) AS given ({OBJECT})
    ON CONFLICT (calendar_id, ref) DO UPDATE
       SET {OBJECT.without("ref").assignments_from("excluded")}
"""  # noqa: S608 - the columns are a constant

# One that is known keeps its data and its busy time.
PUT_UNREADABLE = """
    INSERT INTO calendar_objects
           (host_id, calendar_id, ref, version, data, events, refused_count, refused)
    SELECT $1, $2, given.ref, '', '', 0, 1, given.refused::jsonb
      FROM unnest($3::text[], $4::text[]) AS given (ref, refused)
    ON CONFLICT (calendar_id, ref) DO UPDATE
       SET version = '', refused_count = 1, refused = excluded.refused
"""

CLEAR_INTERVALS = """
    DELETE FROM busy_intervals
     WHERE host_id = $1
       AND calendar_id = $2
       AND ref = ANY ($3)
"""

PUT_INTERVALS = f"""
    INSERT INTO busy_intervals (host_id, calendar_id, {INTERVAL})
    SELECT $1, $2, {INTERVAL}
      FROM unnest({INTERVAL.arrays(first=3)}) AS given ({INTERVAL})
"""  # noqa: S608 - the columns are a constant

# Of the objects beside those in $3.
COUNT_INTERVALS = """
    SELECT count(*)
      FROM busy_intervals
     WHERE host_id = $1
       AND calendar_id = $2
       AND ref <> ALL ($3)
"""

SUM_UP = """
    UPDATE calendars
       SET events = found.events, refused_count = found.refused, refused = found.shown
      FROM (SELECT count(*) AS objects,
                   coalesce(sum(octet_length(o.data)), 0) AS octets,
                   coalesce(sum(o.events), 0) AS events,
                   coalesce(sum(o.refused_count), 0) AS refused,
                   (SELECT coalesce(jsonb_agg(shown.one), '[]')
                      FROM (SELECT jsonb_array_elements(r.refused) AS one
                              FROM calendar_objects r
                             WHERE r.host_id = $1
                               AND r.calendar_id = $2
                               AND r.refused_count > 0
                             ORDER BY r.ref
                             LIMIT $3) shown) AS shown
              FROM calendar_objects o
             WHERE o.host_id = $1
               AND o.calendar_id = $2) found
     WHERE calendars.host_id = $1
       AND calendars.id = $2
    RETURNING found.objects, found.octets::bigint
"""

# Ends before $3 or starts after $4 are left out.
LIST_BUSY = """
    SELECT b.calendar_id, c.name AS calendar_name, b.starts_at, b.ends_at
      FROM busy_intervals b
      JOIN calendars c ON c.id = b.calendar_id AND c.host_id = b.host_id AND c.reads
     WHERE b.host_id = $1
       AND tstzrange(b.starts_at, b.ends_at) && tstzrange($2, $3)
     ORDER BY b.starts_at, b.ends_at, b.calendar_id
     LIMIT $4
"""


@dataclass(frozen=True)
class StoredObject:
    """A calendar object with its busy time."""

    ref: str
    version: str
    data: bytes = field(repr=False)
    intervals: Sequence[Span]
    events: int
    refused_count: int
    refused: Sequence[Mapping[str, str]]
    own: Mapping[str, Span | None] = field(default_factory=dict)
    """The events of bookings in it, by UID, None for a cancelled one; not stored."""
    whole_refusal: str | None = None
    """Why nothing is known of its time; what was known before stays. Not stored for itself."""


async def versions(connection: Connection, *, host_id: UUID, calendar_id: UUID) -> dict[str, str]:
    """Return the version of each object by its ref."""
    rows = await connection.fetch(VERSIONS, host_id, calendar_id)
    return {row["ref"]: row["version"] for row in rows}


async def data_of(
    connection: Connection, *, host_id: UUID, calendar_id: UUID
) -> dict[str, tuple[str, bytes]]:
    """Return version and data of each object by its ref."""
    rows = await connection.fetch(DATA, host_id, calendar_id)
    return {row["ref"]: (row["version"], row["data"]) for row in rows}


async def count_intervals(
    connection: Connection, *, host_id: UUID, calendar_id: UUID, without: Sequence[str]
) -> int:
    """Count the busy intervals of the other objects."""
    return int(await connection.fetchval(COUNT_INTERVALS, host_id, calendar_id, list(without)))


async def replace(
    connection: Connection,
    *,
    host_id: UUID,
    calendar_id: UUID,
    changed: Sequence[StoredObject],
    removed: Sequence[str],
) -> None:
    """Store changed objects with their busy time, and delete removed ones.

    An object that is refused as a whole keeps its last known busy time.
    """
    if removed:
        await connection.execute(DELETE, host_id, calendar_id, list(removed))
    if not changed:
        return
    *columns, refused = zip(*map(OBJECT.values, changed), strict=True)
    # As texts: asyncpg takes a list of lists for an array of two dimensions.
    texts = [orjson.dumps(one).decode() for one in refused]
    await connection.execute(PUT, host_id, calendar_id, *map(list, columns), texts)
    known = [one for one in changed if one.whole_refusal is None]
    refs = [one.ref for one in known]
    await connection.execute(CLEAR_INTERVALS, host_id, calendar_id, refs)
    spans = [(one.ref, *map(_instant, span)) for one in known for span in one.intervals]
    if spans:
        given = map(list, zip(*spans, strict=True))
        await connection.execute(PUT_INTERVALS, host_id, calendar_id, *given)


async def put_unreadable(
    connection: Connection, *, host_id: UUID, calendar_id: UUID, refs: Sequence[str]
) -> None:
    """Store that the server did not deliver these objects; their last known busy time stays.

    Their UIDs are not known, so their names are shown.
    """
    names = [one_line(unquote(ref.rpartition("/")[2]), MOST_OF_A_REF) for ref in refs]
    refused = [orjson.dumps([{"uid": one, "reason": "unreadable"}]).decode() for one in names]
    await connection.execute(PUT_UNREADABLE, host_id, calendar_id, list(refs), refused)


async def sum_up(connection: Connection, *, host_id: UUID, calendar_id: UUID) -> tuple[int, int]:
    """Store how many events and refused series there are; return how many objects and bytes."""
    row: Any = await connection.fetchrow(SUM_UP, host_id, calendar_id, MOST_REFUSED_SHOWN)
    return (row["objects"], row["octets"])


async def list_busy(
    connection: Connection, *, host_id: UUID, since: datetime, until: datetime, limit: int
) -> list[BusyTime]:
    """Return the busy intervals of the calendars that are read, ascending."""
    rows: list[Any] = await connection.fetch(LIST_BUSY, host_id, since, until, limit)
    return [BusyTime(**row) for row in rows]


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
