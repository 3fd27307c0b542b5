"""The contact that a booking makes of its invitee, written with its first meeting and its event."""

from uuid import UUID

import asyncpg

from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.errors import ContactEmailTaken
from linktime_contacts.store import contacts

_BOOKING = len(contacts.COLUMNS + contacts.KEYS) + 1
_NO_EVENT = (None,) * len(outbox.COLUMNS)

INSERT = f"""
    WITH contact AS (
        {contacts.INSERT.replace("RETURNING true", "RETURNING id, owner_id")}
    ),
    linked AS (
        UPDATE meetings
           SET contact_id = contact.id
          FROM contact
         WHERE meetings.owner_id = contact.owner_id
           AND meetings.booking_id = ${_BOOKING}
    ),
    event AS (
        INSERT INTO outbox ({outbox.COLUMNS})
        SELECT {outbox.COLUMNS.typed_placeholders(outbox.TYPES, first=_BOOKING + 1)}
          FROM contact
         WHERE ${_BOOKING + 1} IS NOT NULL
    )
    SELECT true FROM contact
"""  # noqa: S608 - the parts are constants


async def insert(
    connection: Connection, contact: Contact, *, booking_id: UUID, event: ContactCreated | None
) -> bool:
    """Insert the contact, link the recorded meeting of the booking to it, and write the event.

    As `contacts.insert`, returns False if there is a contact, and then nothing is written; raises
    ContactEmailTaken.
    """
    values = [*contacts.values_of(contact), booking_id]
    values += _NO_EVENT if event is None else outbox.values_of(event)
    try:
        return bool(await connection.fetchval(INSERT, *values))
    except asyncpg.UniqueViolationError as error:
        raise ContactEmailTaken(contact_id=contact.id) from error
