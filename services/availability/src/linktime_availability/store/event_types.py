"""The `event_types` table; archived ones stay, with `active` false."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_availability.domain.errors import SlugTaken
from linktime_availability.domain.event_type import MOST_LISTED_AT_ONCE, EventType
from linktime_availability.domain.rules import BookingRules
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

FIXED = Columns("id", "host_id", "created_at")
TEXTS = Columns(
    *("name", "slug", "description", "location", "questions", "reminder_minutes", "schedule_id")
)
RULES = Columns(
    "duration_minutes",
    "slot_interval_minutes",
    "buffer_before",
    "buffer_after",
    "minimum_notice_minutes",
    "max_days_in_advance",
    "daily_limit",
    "weekly_limit",
    "monthly_limit",
    "max_active_per_invitee",
    "change_notice_minutes",
    "active",
)
OWN = FIXED + TEXTS
CHANGEABLE = TEXTS + RULES
COLUMNS = OWN + RULES

INSERT = f"""
    INSERT INTO event_types ({COLUMNS})
    VALUES ({COLUMNS.placeholders()})
"""  # noqa: S608 - the columns are a constant

LIST_ACTIVE = f"""
    SELECT {COLUMNS}
      FROM event_types
     WHERE host_id = $1
       AND active
     ORDER BY created_at, id
     LIMIT $2
    OFFSET $3
"""  # noqa: S608 - the columns are a constant

COUNT_ACTIVE = "SELECT count(*) FROM event_types WHERE host_id = $1 AND active"

LIST_ALL = f"""
    SELECT {COLUMNS}
      FROM event_types
     WHERE host_id = $1
     ORDER BY created_at, id
     LIMIT $2
    OFFSET $3
"""  # noqa: S608 - the columns are a constant

COUNT_ALL = "SELECT count(*) FROM event_types WHERE host_id = $1"

NAMES_OF_SCHEDULE = """
    SELECT id, name
      FROM event_types
     WHERE host_id = $1
       AND schedule_id = $2
     ORDER BY created_at, id
     LIMIT $3
"""

FIND = f"""
    SELECT {COLUMNS}
      FROM event_types
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

LOCK = f"{FIND} FOR UPDATE"

FIND_ACTIVE_BY_SLUG = f"""
    SELECT {COLUMNS}
      FROM event_types
     WHERE host_id = $1
       AND id = coalesce(
               (SELECT id FROM event_types WHERE host_id = $1 AND slug = $2),
               (SELECT event_type_id FROM former_slugs WHERE host_id = $1 AND slug = $2))
       AND active
"""  # noqa: S608 - the columns are a constant

# Own slugs, present and former, are free for the event type itself.
FREE_SLUG = """
    SELECT candidate
      FROM unnest($3::text[]) WITH ORDINALITY AS wanted (candidate, position)
     WHERE NOT EXISTS (
               SELECT FROM event_types WHERE host_id = $1 AND slug = candidate AND id <> $2)
       AND NOT EXISTS (
               SELECT FROM former_slugs
                WHERE host_id = $1 AND slug = candidate AND event_type_id <> $2)
     ORDER BY position
     LIMIT 1
"""

UPDATE = f"""
    UPDATE event_types
       SET {CHANGEABLE.assignments(first=3)}
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant


async def insert(connection: Connection, event_type: EventType) -> None:
    """Raises SlugTaken when the host has another event type with that slug."""
    values = OWN.values(event_type) + RULES.values(event_type.rules)
    with _slug_is_free(event_type):
        await connection.execute(INSERT, *values)


async def update(connection: Connection, event_type: EventType) -> None:
    """Raises SlugTaken when the host has another event type with that slug."""
    values = TEXTS.values(event_type) + RULES.values(event_type.rules)
    with _slug_is_free(event_type):
        await connection.execute(UPDATE, event_type.host_id, event_type.id, *values)


@contextmanager
def _slug_is_free(event_type: EventType) -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "event_types_slug_is_unique":
            raise
        raise SlugTaken(event_type=event_type.id) from error


async def free_slug(
    connection: Connection, event_type: EventType, candidates: Sequence[str]
) -> str | None:
    """Return the first candidate that no other event type of the host has or had, or None."""
    found: str | None = await connection.fetchval(
        FREE_SLUG, event_type.host_id, event_type.id, candidates
    )
    return found


async def list_active(
    connection: Connection, *, host_id: UUID, limit: int, offset: int = 0
) -> list[EventType]:
    """Return the host's active event types, oldest first."""
    return [read(row) for row in await connection.fetch(LIST_ACTIVE, host_id, limit, offset)]


async def count_active(connection: Connection, *, host_id: UUID) -> int:
    return int(await connection.fetchval(COUNT_ACTIVE, host_id))


async def list_all(
    connection: Connection, *, host_id: UUID, limit: int, offset: int
) -> list[EventType]:
    """Return the host's event types, archived ones included, oldest first."""
    return [read(row) for row in await connection.fetch(LIST_ALL, host_id, limit, offset)]


async def count_all(connection: Connection, *, host_id: UUID) -> int:
    return int(await connection.fetchval(COUNT_ALL, host_id))


async def find(connection: Connection, *, host_id: UUID, event_type_id: UUID) -> EventType | None:
    """Return the host's event type, archived or not, or None."""
    row = await connection.fetchrow(FIND, host_id, event_type_id)
    return read(row) if row else None


async def lock(connection: Connection, *, host_id: UUID, event_type_id: UUID) -> EventType | None:
    """As `find`, and lock the row until the transaction ends."""
    row = await connection.fetchrow(LOCK, host_id, event_type_id)
    return read(row) if row else None


async def names_of_schedule(
    connection: Connection, *, host_id: UUID, schedule_id: UUID
) -> list[tuple[UUID, str]]:
    """Return id and name of the host's oldest event types, archived or not, with the schedule."""
    rows = await connection.fetch(NAMES_OF_SCHEDULE, host_id, schedule_id, MOST_LISTED_AT_ONCE)
    return [(row["id"], row["name"]) for row in rows]


async def find_active_by_slug(
    connection: Connection, *, host_id: UUID, slug: str
) -> EventType | None:
    """Return the active event type that has the slug, else the one that had it; or None."""
    row = await connection.fetchrow(FIND_ACTIVE_BY_SLUG, host_id, slug)
    return read(row) if row else None


def read(row: Record) -> EventType:
    """Return the event type in a row that has all its columns."""
    return EventType(**OWN.fields(row), rules=BookingRules(**RULES.fields(row)))
