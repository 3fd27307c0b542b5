"""The table of contacts."""

from datetime import datetime
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_common.caseless import caseless
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.errors import ContactEmailTaken, ContactNotFound
from linktime_contacts.domain.meeting import MeetingFigures

Listed = tuple[Contact, MeetingFigures]

INSERT = """
    INSERT INTO contacts (id, owner_id, name, email, email_key, phone, company, notes, search_key,
                          version, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (owner_id, email_key) DO NOTHING
    RETURNING true
"""

FIND_BY_EMAIL = """
    SELECT id, owner_id, name, email, phone, company, notes, version, created_at, updated_at
      FROM contacts
     WHERE owner_id = $1
       AND email_key = $2
"""

LOCK_BY_EMAIL = f"{FIND_BY_EMAIL} FOR NO KEY UPDATE"

# FOR UPDATE at once: a changed e-mail is part of a key, and a lock raised later can deadlock.
LOCK = """
    SELECT id, owner_id, name, email, phone, company, notes, version, created_at, updated_at
      FROM contacts
     WHERE owner_id = $1
       AND id = $2
       FOR UPDATE
"""

SAVE = """
    UPDATE contacts
       SET name = $3, email = $4, email_key = $5, phone = $6, company = $7, notes = $8,
           search_key = $9, version = $10, updated_at = $11
     WHERE owner_id = $1
       AND id = $2
"""

# Its meetings stay without it: by the foreign key they forget whose they were.
DELETE = "DELETE FROM contacts WHERE owner_id = $1 AND id = $2"

FIND = """
    SELECT id, owner_id, name, email, phone, company, notes, version, created_at, updated_at,
           meeting_count, last_meeting_at
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
"""

# The page is found in an index; only then are its rows read, and the figures of those alone.
LIST = """
    SELECT id, owner_id, name, email, phone, company, notes, version, created_at, updated_at,
           meeting_count, last_meeting_at
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
"""

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


def values_of(contact: Contact) -> tuple[object, ...]:
    """What INSERT writes."""
    return (
        contact.id,
        contact.owner_id,
        contact.name,
        contact.email,
        caseless(contact.email),
        contact.phone,
        contact.company,
        contact.notes,
        contact.search_key,
        contact.version,
        contact.created_at,
        contact.updated_at,
    )


async def find_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """The owner's contact with this e-mail in any letter case."""
    row = await connection.fetchrow(FIND_BY_EMAIL, owner_id, caseless(email))
    return Contact(**row) if row else None


async def lock_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """As `find_by_email`; nobody changes or deletes it until the transaction ends."""
    row = await connection.fetchrow(LOCK_BY_EMAIL, owner_id, caseless(email))
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
    try:
        await connection.execute(
            SAVE,
            contact.owner_id,
            contact.id,
            contact.name,
            contact.email,
            caseless(contact.email),
            contact.phone,
            contact.company,
            contact.notes,
            contact.search_key,
            contact.version,
            contact.updated_at,
        )
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


def _containing(search: str) -> str:
    escaped = caseless(search).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _listed(row: Record) -> Listed:
    fields = dict(row)
    figures = MeetingFigures(fields.pop("meeting_count"), fields.pop("last_meeting_at"))
    return Contact(**fields), figures
