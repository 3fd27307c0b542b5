"""Insert a new contact with its first meeting and event in one statement."""

from linktime_common.columns import Columns
from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.errors import Contended
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.meeting import Meeting
from linktime_contacts.store import contacts, meetings

CONTACT = contacts.COLUMNS + contacts.KEYS
MEETING = Columns("owner_id", "booking_id", "version") + meetings.MEETING
TYPES = {
    **dict.fromkeys(["id", "owner_id", "booking_id", "event_type_id"], "uuid"),
    **dict.fromkeys(["created_at", "updated_at", "starts_at", "ends_at"], "timestamptz"),
    "version": "bigint",
    "event_type_minutes": "integer",
}

_MEETING = len(CONTACT) + 1
_EVENT = _MEETING + len(MEETING)

# An existing booking has had a contact; if that was deleted, it is not created again.
RECORD = f"""
    WITH contact AS (
        INSERT INTO contacts ({CONTACT})
        SELECT {CONTACT.typed_placeholders(TYPES)}
         WHERE NOT EXISTS (SELECT FROM meetings WHERE booking_id = ${_MEETING + 1})
        ON CONFLICT (owner_id, email_key) DO NOTHING
        RETURNING id
    ),
    meeting AS (
        INSERT INTO meetings ({MEETING}, contact_id)
        SELECT {MEETING.typed_placeholders(TYPES, first=_MEETING)}, id
          FROM contact
        ON CONFLICT (booking_id) DO NOTHING
        RETURNING booking_id
    ),
    event AS (
        INSERT INTO outbox ({outbox.COLUMNS})
        SELECT {outbox.COLUMNS.typed_placeholders(outbox.TYPES, first=_EVENT)}
          FROM meeting
         WHERE ${_EVENT} IS NOT NULL
    )
    SELECT (SELECT count(*) FROM contact) AS contacts, (SELECT count(*) FROM meeting) AS meetings
"""  # noqa: S608 - the columns are a constant


async def record(
    connection: Connection,
    contact: Contact,
    meeting: Meeting,
    event: ContactCreated | None,
    *,
    version: int,
) -> bool:
    """Return False, without a write, when the contact or the booking exists.

    Raises Contended when a concurrent transaction inserted the booking.
    """
    row = await connection.fetchrow(
        RECORD,
        *contacts.values_of(contact),
        *meetings.values_of(meeting, contact.owner_id, version),
        *(outbox.values_of(event) if event else (None, None, None, None)),
    )
    assert row is not None  # noqa: S101 - an aggregate returns a row
    if row["contacts"] > row["meetings"]:
        raise Contended("another transaction has written this booking")
    return bool(row["meetings"])
