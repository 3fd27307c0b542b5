"""What is removed from messages and calls when their person is erased; that they were stays."""

from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Connection

# A text that has the address belongs to the person, whoever wrote it.
EMPTY_MESSAGES = """
    UPDATE messages
       SET content = NULL, media = '[]'
     WHERE owner_id = $1
       AND sent_at <= $4
       AND (conversation_id IN (
                SELECT id FROM conversations WHERE owner_id = $1 AND contact_address = ANY ($2))
            OR lower(content) LIKE ANY ($3))
"""

RENAME_CONVERSATIONS = """
    UPDATE conversations
       SET contact_address = 'erased-' || id::text
     WHERE owner_id = $1
       AND contact_address = ANY ($2)
       AND first_message_at <= $3
"""

EMPTY_CALLS = """
    UPDATE calls
       SET contact_phone = NULL, end_reason = NULL, summary = NULL, transcript = '[]',
           recording_url = NULL, metadata = '{}'
     WHERE owner_id = $1
       AND started_at <= $5
       AND (contact_phone = ANY ($2)
            OR booking_id = ANY ($3)
            OR lower(concat_ws(' ', summary, transcript::text, metadata::text)) LIKE ANY ($4))
"""


async def empty(connection: Connection, person: ErasedPerson) -> None:
    """Empty what the person wrote and said, up to the request."""
    owner_id, phones = person.owner_id, list(person.phones)
    patterns = [f"%{_escaped(address.lower())}%" for address in person.addresses]
    await connection.execute(EMPTY_MESSAGES, owner_id, phones, patterns, person.requested_at)
    await connection.execute(RENAME_CONVERSATIONS, owner_id, phones, person.requested_at)
    ids = [str(one) for one in person.ids]
    await connection.execute(EMPTY_CALLS, owner_id, phones, ids, patterns, person.requested_at)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
