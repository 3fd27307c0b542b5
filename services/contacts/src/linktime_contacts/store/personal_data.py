"""What is stored of a contact's person besides the contact: messages and calls."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from linktime_common.contracts.internal_api.contacts import HeldCall, HeldMessage
from linktime_common.postgres import Connection

MOST_MESSAGES = 1000
MOST_CALLS = 200

MESSAGES = """
    SELECT m.id, c.channel, c.contact_address, m.direction, m.content, m.media, m.sent_at
      FROM messages m
      JOIN conversations c ON c.id = m.conversation_id
     WHERE c.owner_id = $1
       AND m.owner_id = $1
       AND c.contact_address = ANY ($2)
     ORDER BY m.sent_at DESC, m.id
     LIMIT $3
"""

CALLS = """
    SELECT id, direction, contact_phone, started_at, ended_at, duration_seconds, status,
           end_reason, summary, transcript, recording_url, metadata
      FROM calls
     WHERE owner_id = $1
       AND (contact_phone = ANY ($2) OR booking_id = ANY ($4))
     ORDER BY started_at DESC, id
     LIMIT $3
"""


async def messages(
    connection: Connection, owner_id: UUID, phones: Sequence[str]
) -> list[HeldMessage]:
    """Return the newest MOST_MESSAGES messages from and to these numbers."""
    rows: list[Record] = await connection.fetch(MESSAGES, owner_id, list(phones), MOST_MESSAGES)
    return [HeldMessage(**row) for row in rows]


async def calls(
    connection: Connection, owner_id: UUID, phones: Sequence[str], booking_ids: Sequence[UUID]
) -> list[HeldCall]:
    """Return the newest MOST_CALLS calls from and to these numbers, or about these bookings."""
    ids = [str(one) for one in booking_ids]
    rows: list[Record] = await connection.fetch(CALLS, owner_id, list(phones), MOST_CALLS, ids)
    return [HeldCall(**row) for row in rows]


def has_more(messages: Sequence[HeldMessage], calls: Sequence[HeldCall]) -> bool:
    """Return whether one of the lists is as long as it may be."""
    return len(messages) >= MOST_MESSAGES or len(calls) >= MOST_CALLS
