"""The table of event types; archived ones stay, with `active` false."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_availability.domain.errors import SlugTaken
from linktime_availability.domain.event_type import EventType
from linktime_availability.domain.rules import BookingRules
from linktime_common.postgres import Connection

INSERT = """
    INSERT INTO event_types (
           id, host_id, name, slug, description, location, questions, created_at,
           duration_minutes, slot_interval_minutes, buffer_before, buffer_after,
           minimum_notice_minutes, max_days_in_advance, daily_limit, active)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

LIST_ACTIVE = """
    SELECT id, host_id, name, slug, description, location, questions, created_at,
           duration_minutes, slot_interval_minutes, buffer_before, buffer_after,
           minimum_notice_minutes, max_days_in_advance, daily_limit, active
      FROM event_types
     WHERE host_id = $1
       AND active
     ORDER BY created_at, id
     LIMIT $2
    OFFSET $3
"""

COUNT_ACTIVE = "SELECT count(*) FROM event_types WHERE host_id = $1 AND active"

LIST_ALL = """
    SELECT id, host_id, name, slug, description, location, questions, created_at,
           duration_minutes, slot_interval_minutes, buffer_before, buffer_after,
           minimum_notice_minutes, max_days_in_advance, daily_limit, active
      FROM event_types
     WHERE host_id = $1
     ORDER BY created_at, id
     LIMIT $2
    OFFSET $3
"""

COUNT_ALL = "SELECT count(*) FROM event_types WHERE host_id = $1"

FIND = """
    SELECT id, host_id, name, slug, description, location, questions, created_at,
           duration_minutes, slot_interval_minutes, buffer_before, buffer_after,
           minimum_notice_minutes, max_days_in_advance, daily_limit, active
      FROM event_types
     WHERE host_id = $1
       AND id = $2
"""

LOCK = f"{FIND} FOR UPDATE"

FIND_ACTIVE_BY_SLUG = """
    SELECT id, host_id, name, slug, description, location, questions, created_at,
           duration_minutes, slot_interval_minutes, buffer_before, buffer_after,
           minimum_notice_minutes, max_days_in_advance, daily_limit, active
      FROM event_types
     WHERE host_id = $1
       AND slug = $2
       AND active
"""

UPDATE = """
    UPDATE event_types
       SET name = $3, slug = $4, description = $5, location = $6, questions = $7,
           duration_minutes = $8, slot_interval_minutes = $9, buffer_before = $10,
           buffer_after = $11, minimum_notice_minutes = $12, max_days_in_advance = $13,
           daily_limit = $14, active = $15
     WHERE host_id = $1
       AND id = $2
"""


async def insert(connection: Connection, event_type: EventType) -> None:
    """Raises SlugTaken when the host has another of that slug."""
    rules = event_type.rules
    with _slug_is_free(event_type):
        await connection.execute(
            INSERT,
            event_type.id,
            event_type.host_id,
            event_type.name,
            event_type.slug,
            event_type.description,
            event_type.location,
            list(event_type.questions),
            event_type.created_at,
            rules.duration_minutes,
            rules.slot_interval_minutes,
            rules.buffer_before,
            rules.buffer_after,
            rules.minimum_notice_minutes,
            rules.max_days_in_advance,
            rules.daily_limit,
            rules.active,
        )


async def update(connection: Connection, event_type: EventType) -> None:
    """Write all that can change; raises SlugTaken when the host has another of that slug."""
    rules = event_type.rules
    with _slug_is_free(event_type):
        await connection.execute(
            UPDATE,
            event_type.host_id,
            event_type.id,
            event_type.name,
            event_type.slug,
            event_type.description,
            event_type.location,
            list(event_type.questions),
            rules.duration_minutes,
            rules.slot_interval_minutes,
            rules.buffer_before,
            rules.buffer_after,
            rules.minimum_notice_minutes,
            rules.max_days_in_advance,
            rules.daily_limit,
            rules.active,
        )


@contextmanager
def _slug_is_free(event_type: EventType) -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "event_types_slug_is_unique":
            raise
        raise SlugTaken(event_type=event_type.id) from error


async def list_active(
    connection: Connection, *, host_id: UUID, limit: int, offset: int = 0
) -> list[EventType]:
    """Oldest first."""
    return [read(row) for row in await connection.fetch(LIST_ACTIVE, host_id, limit, offset)]


async def count_active(connection: Connection, *, host_id: UUID) -> int:
    return int(await connection.fetchval(COUNT_ACTIVE, host_id))


async def list_all(
    connection: Connection, *, host_id: UUID, limit: int, offset: int
) -> list[EventType]:
    """Archived ones too, oldest first."""
    return [read(row) for row in await connection.fetch(LIST_ALL, host_id, limit, offset)]


async def count_all(connection: Connection, *, host_id: UUID) -> int:
    return int(await connection.fetchval(COUNT_ALL, host_id))


async def find(connection: Connection, *, host_id: UUID, event_type_id: UUID) -> EventType | None:
    """Also one that is archived."""
    row = await connection.fetchrow(FIND, host_id, event_type_id)
    return read(row) if row else None


async def lock(connection: Connection, *, host_id: UUID, event_type_id: UUID) -> EventType | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(LOCK, host_id, event_type_id)
    return read(row) if row else None


async def find_active_by_slug(
    connection: Connection, *, host_id: UUID, slug: str
) -> EventType | None:
    row = await connection.fetchrow(FIND_ACTIVE_BY_SLUG, host_id, slug)
    return read(row) if row else None


def read(row: Record) -> EventType:
    """An event type from a row with all of its columns."""
    return EventType(
        id=row["id"],
        host_id=row["host_id"],
        name=row["name"],
        slug=row["slug"],
        description=row["description"],
        location=row["location"],
        questions=row["questions"],
        created_at=row["created_at"],
        rules=BookingRules(
            duration_minutes=row["duration_minutes"],
            slot_interval_minutes=row["slot_interval_minutes"],
            buffer_before=row["buffer_before"],
            buffer_after=row["buffer_after"],
            minimum_notice_minutes=row["minimum_notice_minutes"],
            max_days_in_advance=row["max_days_in_advance"],
            daily_limit=row["daily_limit"],
            active=row["active"],
        ),
    )
