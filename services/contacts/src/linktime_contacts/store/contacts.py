"""The table of contacts."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.caseless import caseless
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
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

SAVE_FILLED = """
    UPDATE contacts
       SET name = $3, phone = $4, search_key = $5, version = $6, updated_at = $7
     WHERE owner_id = $1
       AND id = $2
"""

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

# The page first, then the figures of those on it only.
LIST = """
    SELECT id, owner_id, name, email, phone, company, notes, version, created_at, updated_at,
           meeting_count, last_meeting_at
      FROM (
           SELECT id, owner_id, name, email, phone, company, notes, version, created_at, updated_at
             FROM contacts
            WHERE owner_id = $1
            ORDER BY created_at DESC, id DESC
            LIMIT $2
           OFFSET $3
           ) AS page
     CROSS JOIN LATERAL (
           SELECT count(*) AS meeting_count,
                  max(starts_at) FILTER (WHERE starts_at <= $4) AS last_meeting_at
             FROM meetings
            WHERE contact_id = page.id
              AND status = 'CONFIRMED'
           ) AS figures
     ORDER BY created_at DESC, id DESC
"""

SEARCH = LIST.replace("WHERE owner_id = $1", "WHERE owner_id = $1 AND search_key LIKE $5")

COUNT = "SELECT count(*) FROM contacts WHERE owner_id = $1"

COUNT_FOUND = "SELECT count(*) FROM contacts WHERE owner_id = $1 AND search_key LIKE $2"


async def insert(connection: Connection, contact: Contact) -> bool:
    """False when the owner has a contact with this e-mail already."""
    inserted = await connection.fetchval(
        INSERT,
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
    return bool(inserted)


async def find_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """The owner's contact with this e-mail in any letter case."""
    row = await connection.fetchrow(FIND_BY_EMAIL, owner_id, caseless(email))
    return Contact(**row) if row else None


async def lock_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """As `find_by_email`; nobody changes or deletes it until the transaction ends."""
    row = await connection.fetchrow(LOCK_BY_EMAIL, owner_id, caseless(email))
    return Contact(**row) if row else None


async def save_filled(connection: Connection, contact: Contact) -> None:
    """Write what `Contact.filled` may have changed."""
    await connection.execute(
        SAVE_FILLED,
        contact.owner_id,
        contact.id,
        contact.name,
        contact.phone,
        contact.search_key,
        contact.version,
        contact.updated_at,
    )


async def find(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime
) -> Listed | None:
    row = await connection.fetchrow(FIND, owner_id, contact_id, now)
    return _listed(row) if row else None


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
        total = await connection.fetchval(COUNT, owner_id)
    else:
        pattern = _containing(search)
        rows = await connection.fetch(SEARCH, owner_id, limit, offset, now, pattern)
        total = await connection.fetchval(COUNT_FOUND, owner_id, pattern)
    return [_listed(row) for row in rows], total


def _containing(search: str) -> str:
    escaped = caseless(search).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _listed(row: Record) -> Listed:
    fields = dict(row)
    figures = MeetingFigures(fields.pop("meeting_count"), fields.pop("last_meeting_at"))
    return Contact(**fields), figures
