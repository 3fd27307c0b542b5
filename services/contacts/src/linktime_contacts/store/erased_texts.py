"""What is removed from messages and calls when their person is erased; that they were stays.

The tables have no index by person. They are read in pages of one owner, without a lock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Database
from linktime_common.redaction import spellings, with_texts_redacted
from linktime_contacts.domain.instants import MOST_AHEAD_MINUTES

PAGE = 500
IDS = ("agent_id", "booking_id")
"""Ids of other systems, which may have an address within a longer word."""
AHEAD = timedelta(minutes=MOST_AHEAD_MINUTES)
"""A sender's clock may be that much ahead."""

# With those of earlier rounds: a message may have been on its way into one.
CONVERSATIONS = """
    SELECT id
      FROM conversations
     WHERE owner_id = $1
       AND (contact_address = ANY ($2) OR starts_with(contact_address, 'erased-'))
"""

RENAME_CONVERSATIONS = """
    UPDATE conversations
       SET contact_address = 'erased-' || id::text
     WHERE owner_id = $1
       AND contact_address = ANY ($2)
       AND first_message_at <= $3
"""

MESSAGES = """
    SELECT source, external_id, id,
           conversation_id = ANY ($5) AS is_own,
           CASE WHEN lower(concat_ws(' ', content, media)) LIKE ANY ($6)
                THEN jsonb_build_object('content', content, 'media', media)
           END AS texts
      FROM messages
     WHERE owner_id = $1
       AND sent_at <= $2
       AND (source, external_id) > ($3, $4)
     ORDER BY source, external_id
     LIMIT $7
"""

# A repeat is found by the hash. If another row has it already, the id of this one is added.
HASH_MESSAGE = """
    UPDATE messages
       SET source = $3,
           external_id = CASE WHEN EXISTS (SELECT
                                             FROM messages
                                            WHERE owner_id = $1 AND source = $3
                                              AND external_id = $4 AND id <> $2)
                              THEN $4 || ' ' || id ELSE $4 END
     WHERE owner_id = $1
       AND id = $2
"""

HASH_CALL = HASH_MESSAGE.replace("messages", "calls")

EMPTY_MESSAGES = """
    UPDATE messages
       SET content = NULL, media = '[]'
     WHERE owner_id = $1
       AND id = ANY ($2)
       AND (content IS NOT NULL OR media <> '[]')
"""

SAVE_MESSAGE = """
    UPDATE messages
       SET content = $3::jsonb ->> 'content', media = $3::jsonb -> 'media'
     WHERE owner_id = $1
       AND id = $2
"""

CALLS = """
    SELECT source, external_id, id,
           coalesce(contact_phone = ANY ($5), false) OR coalesce(booking_id = ANY ($8), false)
               AS is_own,
           CASE WHEN lower(concat_ws(' ', agent_name, agent_id, end_reason, summary, transcript,
                                     metadata, recording_url, booking_id)) LIKE ANY ($6)
                THEN jsonb_build_object('agent_name', agent_name, 'agent_id', agent_id,
                                        'end_reason', end_reason, 'summary', summary,
                                        'transcript', transcript, 'metadata', metadata,
                                        'recording_url', recording_url, 'booking_id', booking_id)
           END AS texts
      FROM calls
     WHERE owner_id = $1
       AND started_at <= $2
       AND (source, external_id) > ($3, $4)
     ORDER BY source, external_id
     LIMIT $7
"""

EMPTY_CALLS = """
    UPDATE calls
       SET contact_phone = NULL, end_reason = NULL, summary = NULL, transcript = '[]',
           recording_url = NULL, metadata = '{}'
     WHERE owner_id = $1
       AND id = ANY ($2)
"""

SAVE_CALL = """
    UPDATE calls
       SET agent_name = $3::jsonb ->> 'agent_name', agent_id = $3::jsonb ->> 'agent_id',
           end_reason = $3::jsonb ->> 'end_reason', summary = $3::jsonb ->> 'summary',
           transcript = $3::jsonb -> 'transcript', metadata = $3::jsonb -> 'metadata',
           recording_url = $3::jsonb ->> 'recording_url', booking_id = $3::jsonb ->> 'booking_id'
     WHERE owner_id = $1
       AND id = $2
"""


async def erase(database: Database, person: ErasedPerson) -> Sequence[UUID]:
    """Empty what the person wrote and said up to the request, and the address in other texts."""
    owner_id, phones = person.owner_id, person.phones
    until = person.requested_at + AHEAD
    async with database.connection() as connection:
        found = await connection.fetch(CONVERSATIONS, owner_id, phones)
    threads = [row["id"] for row in found]
    await _erase(
        database, person, until, (MESSAGES, EMPTY_MESSAGES, SAVE_MESSAGE, HASH_MESSAGE), threads
    )
    ids = [str(one) for one in person.ids]
    await _erase(database, person, until, (CALLS, EMPTY_CALLS, SAVE_CALL, HASH_CALL), phones, ids)
    async with database.connection() as connection:
        await connection.execute(RENAME_CONVERSATIONS, owner_id, phones, until)
    return ()


async def _erase(
    database: Database,
    person: ErasedPerson,
    until: datetime,
    statements: tuple[str, str, str, str],
    own: Sequence[UUID] | Sequence[str],
    *more: Sequence[str],
) -> None:
    page, empty, save, rename = statements
    owner_id, after = person.owner_id, ("", "")
    patterns = [f"%{_escaped(address.lower())}%" for address in spellings(person.addresses)]
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(page, owner_id, until, *after, own, patterns, PAGE, *more)
            for row in rows:
                if row["texts"] is not None:
                    texts: Any = with_texts_redacted(row["texts"], person.addresses)
                    texts |= {id_: person.hashed(texts[id_]) for id_ in IDS if texts.get(id_)}
                    await connection.execute(save, owner_id, row["id"], texts)
                names = (row["source"], row["external_id"])
                if names != (kept := tuple(map(person.hashed, names))):
                    await connection.execute(rename, owner_id, row["id"], *kept)
            # Of the person's own the rest is emptied, too.
            await connection.execute(empty, owner_id, [row["id"] for row in rows if row["is_own"]])
        if len(rows) < PAGE:
            return
        after = (rows[-1]["source"], rows[-1]["external_id"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
