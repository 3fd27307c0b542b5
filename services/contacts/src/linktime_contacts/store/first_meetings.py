"""A stranger's first booking: contact, meeting and event, written by one statement."""

from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.errors import Contended
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.meeting import Meeting
from linktime_contacts.store import contacts, meetings

# A booking that is known has had its contact, which may be deleted since and is not made again.
RECORD = """
    WITH contact AS (
        INSERT INTO contacts (id, owner_id, name, email, email_key, phone, company, notes,
                              search_key, version, created_at, updated_at)
        SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
               $9::text, $10::bigint, $11::timestamptz, $12::timestamptz
         WHERE NOT EXISTS (SELECT FROM meetings WHERE booking_id = $13)
        ON CONFLICT (owner_id, email_key) DO NOTHING
        RETURNING id
    ),
    meeting AS (
        INSERT INTO meetings (booking_id, owner_id, version, starts_at, ends_at, status,
                              event_type_id, event_type_name, event_type_slug, event_type_minutes,
                              contact_id)
        SELECT $13::uuid, $14::uuid, $15::bigint, $16::timestamptz, $17::timestamptz, $18::text,
               $19::uuid, $20::text, $21::text, $22::integer, id
          FROM contact
        ON CONFLICT (booking_id) DO NOTHING
        RETURNING booking_id
    ),
    event AS (
        INSERT INTO outbox (event_id, routing_key, envelope, traceparent)
        SELECT $23::uuid, $24::text, $25::bytea, $26::text FROM meeting WHERE $23 IS NOT NULL
    )
    SELECT (SELECT count(*) FROM contact) AS contacts, (SELECT count(*) FROM meeting) AS meetings
"""


async def record(
    connection: Connection,
    contact: Contact,
    meeting: Meeting,
    event: ContactCreated | None,
    *,
    version: int,
) -> bool:
    """False, and nothing is written, when the contact or the booking is known.

    Raises Contended when another transaction has written the booking meanwhile.
    """
    row = await connection.fetchrow(
        RECORD,
        *contacts.values_of(contact),
        *meetings.values_of(meeting, contact.owner_id, version),
        *(outbox.values_of(event) if event else (None, None, None, None)),
    )
    assert row is not None  # noqa: S101 - it counts
    if row["contacts"] > row["meetings"]:
        raise Contended("another transaction has written this booking")
    return bool(row["meetings"])
