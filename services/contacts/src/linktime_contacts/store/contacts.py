"""SQL of the table `contacts`."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_common.caseless import lowercase_key
from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import WRITTEN, Contact
from linktime_contacts.domain.errors import ContactEmailTaken, ContactNotFound
from linktime_contacts.domain.meeting import MeetingFigures

Listed = tuple[Contact, MeetingFigures]

COLUMNS = Columns(
    "id",
    "owner_id",
    *WRITTEN,
    "other_emails",
    "other_phones",
    "version",
    "created_at",
    "updated_at",
)
CHANGEABLE = COLUMNS.without("id", "owner_id", "created_at")
KEYS = Columns("email_key", "search_key")

INSERT = f"""
    INSERT INTO contacts ({COLUMNS + KEYS})
    SELECT {(COLUMNS + KEYS).placeholders()}
     WHERE NOT EXISTS (
           SELECT
             FROM contact_aliases
            WHERE owner_id = $2
              AND kind = 'email'
              AND key = ${len(COLUMNS) + 1}
           )
    ON CONFLICT (owner_id, email_key) DO NOTHING
    RETURNING true
"""  # noqa: S608 - the columns are a constant

# The contact that has the e-mail, else the one that keeps it of a merged contact.
FIND_BY_EMAIL = f"""
    SELECT {COLUMNS}
      FROM contacts
     WHERE owner_id = $1
       AND id = coalesce(
               (SELECT id FROM contacts WHERE owner_id = $1 AND email_key = $2),
               (SELECT contact_id
                  FROM contact_aliases
                 WHERE owner_id = $1
                   AND kind = 'email'
                   AND key = $2))
"""  # noqa: S608 - the columns are a constant

LOCK_BY_EMAIL = f"{FIND_BY_EMAIL} FOR NO KEY UPDATE"

# FOR UPDATE, because a changed e-mail is part of a key and upgrading a lock can deadlock.
LOCK = f"""
    SELECT {COLUMNS}
      FROM contacts
     WHERE owner_id = $1
       AND id = $2
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

# By id, so that two merges of the same contacts do not deadlock.
LOCK_TWO = f"""
    SELECT {COLUMNS}
      FROM contacts
     WHERE owner_id = $1
       AND id = ANY ($2)
     ORDER BY id
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

SAVE = f"""
    UPDATE contacts
       SET {(CHANGEABLE + KEYS).assignments(first=3)}
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

# Before the meeting is changed, as those who delete and merge contacts lock them.
LOCK_OF_BOOKING = """
    SELECT id
      FROM contacts
     WHERE owner_id = $1
       AND id = (SELECT contact_id FROM meetings WHERE owner_id = $1 AND booking_id = $2)
       FOR NO KEY UPDATE
"""

TOUCH = """
    UPDATE contacts
       SET updated_at = greatest(updated_at, $3)
     WHERE owner_id = $1
       AND id = $2
"""

# The foreign key sets contact_id of its meetings to NULL.
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


async def insert(connection: Connection, contact: Contact) -> bool:
    """Return False when the owner already has a contact that is found by this e-mail.

    Raises ContactEmailTaken if the one that had it was merged while this insert waited for it.
    """
    try:
        return bool(await connection.fetchval(INSERT, *values_of(contact)))
    except asyncpg.UniqueViolationError as error:
        raise ContactEmailTaken(contact_id=contact.id) from error


async def find_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """Return the owner's contact that is found by this e-mail in any letter case, or None."""
    row = await connection.fetchrow(FIND_BY_EMAIL, owner_id, lowercase_key(email))
    return Contact(**row) if row else None


async def lock_by_email(connection: Connection, owner_id: UUID, email: str) -> Contact | None:
    """As `find_by_email`, and lock the contact against changes and deletion."""
    row = await connection.fetchrow(LOCK_BY_EMAIL, owner_id, lowercase_key(email))
    return Contact(**row) if row else None


async def lock(connection: Connection, owner_id: UUID, contact_id: UUID) -> Contact:
    """Lock the contact against changes, deletion and new meetings; raises ContactNotFound."""
    row = await connection.fetchrow(LOCK, owner_id, contact_id)
    if row is None:
        raise ContactNotFound(contact_id=contact_id)
    return Contact(**row)


async def lock_two(
    connection: Connection, owner_id: UUID, first_id: UUID, second_id: UUID
) -> tuple[Contact, Contact]:
    """As `lock`, for two contacts."""
    rows = await connection.fetch(LOCK_TWO, owner_id, [first_id, second_id])
    found = {row["id"]: Contact(**row) for row in rows}
    for contact_id in (first_id, second_id):
        if contact_id not in found:
            raise ContactNotFound(contact_id=contact_id)
    return found[first_id], found[second_id]


async def save(connection: Connection, contact: Contact) -> None:
    """Write the changeable fields of a locked contact; raises ContactEmailTaken."""
    try:
        await connection.execute(SAVE, *saved_values(contact))
    # Two contacts that swap their e-mails at the same time deadlock; the aborted one wanted an
    # e-mail that the other still had.
    except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError) as error:
        raise ContactEmailTaken(contact_id=contact.id) from error


async def lock_of_booking(connection: Connection, owner_id: UUID, booking_id: UUID) -> UUID | None:
    """Lock the contact of the booking's meeting, as `lock_by_email`; return its id, or None."""
    found: UUID | None = await connection.fetchval(LOCK_OF_BOOKING, owner_id, booking_id)
    return found


async def touch(connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime) -> None:
    """Let lists of changes find a locked contact whose meetings have changed."""
    await connection.execute(TOUCH, owner_id, contact_id, now)


async def delete(connection: Connection, owner_id: UUID, contact_id: UUID) -> None:
    """Delete a locked contact whose meetings are erased."""
    await connection.execute(DELETE, owner_id, contact_id)


async def find(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime
) -> Listed:
    """Return the contact with its meeting figures; raises ContactNotFound."""
    row = await connection.fetchrow(FIND, owner_id, contact_id, now)
    if row is None:
        raise ContactNotFound(contact_id=contact_id)
    return listed(row)


def values_of(contact: Contact) -> list[Any]:
    """Return the values for `INSERT`."""
    return [*COLUMNS.values(contact), *_keys(contact)]


def saved_values(contact: Contact) -> list[Any]:
    """Return the values for `SAVE`."""
    return [contact.owner_id, contact.id, *CHANGEABLE.values(contact), *_keys(contact)]


def _keys(contact: Contact) -> tuple[str, str]:
    return lowercase_key(contact.email), contact.search_key


def listed(row: Record) -> Listed:
    """Return the contact and its figures in a row that has the columns of both."""
    figures = MeetingFigures(row["meeting_count"], row["last_meeting_at"])
    return Contact(**COLUMNS.fields(row)), figures
