"""Deletes all rows of a host who was deleted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.emails import Kind
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.owned_rows import delete_rows, delete_unindexed
from linktime_common.postgres import Connection, Database

BATCH = 500
ABOUT_CANCELLATIONS = (Kind.CANCELLED, Kind.HOST_CANCELLED)

# One that has not ended is cancelled before.
CHOOSE = """
    SELECT id, reservation_id, event_type_id
      FROM bookings
     WHERE host_id = $1
       AND (status <> $2 OR ends_at <= $3)
     LIMIT $4
       FOR UPDATE SKIP LOCKED
"""

# Answers to invitees who changed a booking.
DELETE_ANSWERS = """
    DELETE FROM idempotency_records
     WHERE scope = ANY (
           ARRAY (SELECT 'invitee of ' || id FROM unnest($1::uuid[]) AS of_booking (id)))
"""

# Answers to invitees who made a booking: the scope ends with a hash of 64 hexadecimal digits.
DELETE_ANSWERS_OF_TYPES = """
    DELETE FROM idempotency_records AS kept
     USING (SELECT DISTINCT 'event type ' || id || ' ' AS begin
              FROM unnest($2::uuid[]) AS chosen (id)) AS event_type
     WHERE kept.scope BETWEEN event_type.begin || repeat('0', 64)
                          AND event_type.begin || repeat('f', 64)
       AND kept.memory ->> 'bookingId' = ANY ($1::uuid[]::text[])
"""

OF_BOOKINGS = (
    "DELETE FROM booking_history WHERE booking_id = ANY ($1::uuid[])",
    "DELETE FROM reminders WHERE booking_id = ANY ($1::uuid[])",
    "DELETE FROM email_messages WHERE booking_id = ANY ($1::uuid[])",
    DELETE_ANSWERS,
)

DELETE_FATES = "DELETE FROM reservation_fates WHERE reservation_id = ANY ($1::uuid[])"

DELETE_BOOKINGS = "DELETE FROM bookings WHERE host_id = $1 AND id = ANY ($2::uuid[])"

HAS_BOOKINGS = "SELECT EXISTS (SELECT FROM bookings WHERE host_id = $1)"

HAS_MAILS_TO_SEND = """
    SELECT EXISTS (
        SELECT
          FROM email_messages
         WHERE status IN ('QUEUED', 'SENDING', 'DEFERRED')
           AND owner_id = $1
           AND kind = ANY ($2::text[])
           AND created_at > now() - $3::interval
    )
"""


async def has_mails_to_send(connection: Connection, host_id: UUID, *, within: timedelta) -> bool:
    """Return whether mails about cancellations, not older than `within`, are still to be sent."""
    return bool(await connection.fetchval(HAS_MAILS_TO_SEND, host_id, ABOUT_CANCELLATIONS, within))


async def delete_bookings(database: Database, host_id: UUID, *, now: datetime) -> bool:
    """Delete the bookings with history, mails and answers in batches; return whether none is left.

    Those that have not ended and are not cancelled stay.
    """
    while await _delete_batch(database, host_id, now=now):
        pass
    async with database.connection() as connection:
        return not await connection.fetchval(HAS_BOOKINGS, host_id)


async def _delete_batch(database: Database, host_id: UUID, *, now: datetime) -> bool:
    async with database.transaction() as connection:
        chosen = await connection.fetch(CHOOSE, host_id, BookingStatus.CONFIRMED, now, BATCH)
        ids: Sequence[UUID] = [row["id"] for row in chosen]
        for statement in OF_BOOKINGS:
            await connection.execute(statement, ids)
        types = [row["event_type_id"] for row in chosen]
        await connection.execute(DELETE_ANSWERS_OF_TYPES, ids, types)
        await connection.execute(DELETE_FATES, [row["reservation_id"] for row in chosen])
        await connection.execute(DELETE_BOOKINGS, host_id, ids)
    return bool(ids)


async def delete_others(database: Database, host_id: UUID) -> None:
    """Delete the host's other rows: mails that are not about bookings, feed, counts, jobs."""
    await delete_unindexed(database, "email_messages", host_id)
    await delete_rows(database, "calendar_feeds", host_id, "host_id = $1")
    await delete_rows(database, "booking_counts", host_id, "host_id = $1")
    await delete_unindexed(database, "deprovisionings", host_id, "host_id = $1")
    await delete_unindexed(database, "notices", host_id, "user_id = $1")
    await delete_unindexed(database, "erasure_rounds", host_id)
