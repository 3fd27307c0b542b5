"""The table of contacts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_common.caseless import caseless, lowercase_key
from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.errors import ContactEmailTaken, ContactNotFound
from linktime_contacts.domain.meeting import MeetingFigures

Listed = tuple[Contact, MeetingFigures]

COLUMNS = Columns(
    "id",
    "owner_id",
    "name",
    "email",
    "phone",
    "company",
    "notes",
    "version",
    "created_at",
    "updated_at",
)
CHANGEABLE = COLUMNS.without("id", "owner_id", "created_at")
KEYS = Columns("email_key", "search_key")

INSERT = f"""
    INSERT INTO contacts ({COLUMNS + KEYS})
    VALUES ({(COLUMNS + KEYS).placeholders()})
    ON CONFLICT (owner_id, email_key) DO NOTHING
    RETURNING true
"""  # noqa: S608 - the columns are a constant

FIND_BY_EMAIL = f"""
    SELECT {COLUMNS}
      FROM contacts
     WHERE owner_id = $1
       AND email_key = $2
"""  # noqa: S608 - the columns are a constant

LOCK_BY_EMAIL = f"{FIND_BY_EMAIL} FOR NO KEY UPDATE"

# FOR UPDATE at once: a changed e-mail is part of a key, and a lock raised later can deadlock.
LOCK = f"""
    SELECT {COLUMNS}
      FROM contacts
     WHERE owner_id = $1
       AND id = $2
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

SAVE = f"""
    UPDATE contacts
       SET {(CHANGEABLE + KEYS).assignments(first=3)}
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

# Its meetings stay without it: by the foreign key they forget whose they were.
DELETE = "DELETE FROM contacts WHERE owner_id = $1 AND id = $2"

FIND = f"""
    SELECT {COLUMNS}, meeting_count, last_meeting_at
      FROM contacts
     CROSS JOIN LATERAL (
           SELECT count(*) AS meeting_count,
                  max(starts_at) FILTER (WHERE starts_at <= $3) AS last_meeting_at
             FROM meetings
            WHERE contact_id = contacts.id
              AND status = 'CONFIRMED'
           ) AS figures
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

# The page is found in an index; only then are its rows read, and the figures of those alone.
LIST = f"""
    SELECT {COLUMNS}, meeting_count, last_meeting_at
      FROM contacts
     CROSS JOIN LATERAL (
           SELECT count(*) AS meeting_count,
                  max(starts_at) FILTER (WHERE starts_at <= $4) AS last_meeting_at
             FROM meetings
            WHERE contact_id = contacts.id
              AND status = 'CONFIRMED'
           ) AS figures
     WHERE owner_id = $1
       AND id IN (
           SELECT id
             FROM contacts
            WHERE owner_id = $1
            ORDER BY created_at DESC, id
            LIMIT $2
           OFFSET $3
           )
     ORDER BY created_at DESC, id
"""  # noqa: S608 - the columns are a constant

SEARCH = LIST.replace("ORDER BY", "AND search_key LIKE $5 ORDER BY", 1)

COUNT = "SELECT contacts FROM contact_counts WHERE owner_id = $1"

COUNT_FOUND = "SELECT count(*) FROM contacts WHERE owner_id = $1 AND search_key LIKE $2"

# Fewer than three characters are no trigram: the index would be read from end to end and then every
# row too. An expression instead of the column keeps the planner from it.
TRIGRAM = 3
SEARCH_SHORT = SEARCH.replace("search_key LIKE", "search_key || '' LIKE")
COUNT_FOUND_SHORT = COUNT_FOUND.replace("search_key LIKE", "search_key || '' LIKE")


async def insert(connection: Connection, contact: Contact) -> bool:
    """False when the owner has a contact with this e-mail already."""
    return bool(await connection.fetchval(INSERT, *values_of(contact)))


def values_of(contact: Contact) -> list[Any]:
    """What INSERT writes."""
    return [*COLUMNS.values(contact), *_keys(contact)]


async def find_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """The owner's contact with this e-mail in any letter case."""
    row = await connection.fetchrow(FIND_BY_EMAIL, owner_id, lowercase_key(email))
    return Contact(**row) if row else None


async def lock_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """As `find_by_email`; nobody changes or deletes it until the transaction ends."""
    row = await connection.fetchrow(LOCK_BY_EMAIL, owner_id, lowercase_key(email))
    return Contact(**row) if row else None


async def lock(connection: Connection, owner_id: UUID, contact_id: UUID) -> Contact:
    """Nobody else changes, deletes or links it until the transaction ends.

    Raises ContactNotFound.
    """
    row = await connection.fetchrow(LOCK, owner_id, contact_id)
    if row is None:
        raise ContactNotFound(contact_id=contact_id)
    return Contact(**row)


async def save(connection: Connection, contact: Contact) -> None:
    """Write all that may change of a contact that is locked; raises ContactEmailTaken."""
    values = [*CHANGEABLE.values(contact), *_keys(contact)]
    try:
        await connection.execute(SAVE, contact.owner_id, contact.id, *values)
    # Two contacts that take each other's e-mail at the same moment wait for each other; the one
    # whose turn PostgreSQL ends wanted an e-mail that was the other's all along.
    except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError) as error:
        raise ContactEmailTaken(contact_id=contact.id) from error


async def delete(connection: Connection, owner_id: UUID, contact_id: UUID) -> None:
    """For good; it is locked, and its meetings are erased."""
    await connection.execute(DELETE, owner_id, contact_id)


async def find(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime
) -> Listed:
    """The contact with the figures of its meetings; raises ContactNotFound."""
    row = await connection.fetchrow(FIND, owner_id, contact_id, now)
    if row is None:
        raise ContactNotFound(contact_id=contact_id)
    return _listed(row)


async def list_page(
    connection: Connection,
    owner_id: UUID,
    *,
    search: str | None,
    limit: int,
    offset: int,
    now: datetime,
) -> tuple[list[Listed], int]:
    """One page, newest first, and how many there are in all.

    `search` is a part of name, e-mail or company; no character in it is a wildcard.
    """
    if search is None:
        rows = await connection.fetch(LIST, owner_id, limit, offset, now)
        total = await connection.fetchval(COUNT, owner_id) or 0
    else:
        pattern = _containing(search)
        is_short = len(caseless(search)) < TRIGRAM
        page, count = (SEARCH_SHORT, COUNT_FOUND_SHORT) if is_short else (SEARCH, COUNT_FOUND)
        rows = await connection.fetch(page, owner_id, limit, offset, now, pattern)
        total = await connection.fetchval(count, owner_id, pattern)
    return [_listed(row) for row in rows], total


def _keys(contact: Contact) -> tuple[str, str]:
    return lowercase_key(contact.email), contact.search_key


def _containing(search: str) -> str:
    escaped = caseless(search).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _listed(row: Record) -> Listed:
    figures = MeetingFigures(row["meeting_count"], row["last_meeting_at"])
    return Contact(**COLUMNS.fields(row)), figures
