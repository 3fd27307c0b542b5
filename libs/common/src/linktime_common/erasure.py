"""Erase a person from what every service keeps: outbox, parked messages, stored answers."""

from collections.abc import Sequence
from typing import Any

from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Connection

SECONDS = 60.0
"""The time limit of a statement that reads a whole table."""

# An event that is not published yet is erased in the next round: its consumers need it.
FIND_EVENTS = """
    SELECT seq, envelope
      FROM outbox
     WHERE published_at IS NOT NULL
       AND position($1::bytea IN envelope) > 0
       AND (lower(convert_from(envelope, 'UTF8')) LIKE ANY ($2::text[])
            OR (created_at <= $4
                AND lower(convert_from(envelope, 'UTF8')) LIKE ANY ($3::text[])))
"""

SAVE_EVENT = "UPDATE outbox SET envelope = $2 WHERE seq = $1"

# A message that was given up on need not be UTF-8. A request to erase needs its addresses.
FIND_PARKED = """
    SELECT id, body
      FROM parked_messages
     WHERE position($1::bytea IN body) > 0
       AND lower(encode(body, 'escape')) LIKE ANY ($2::text[] || $3::text[])
       AND routing_key <> $4
"""

SAVE_PARKED = "UPDATE parked_messages SET body = $2 WHERE id = $1"

# Answers to other callers, such as an invitee, are found by the ids in them.
FIND_ANSWERS = """
    SELECT scope, key, method, path, answer
      FROM idempotency_records
     WHERE answer IS NOT NULL
       AND (lower(convert_from(answer, 'UTF8')) LIKE ANY ($2::text[])
            OR (scope = $1
                AND created_at <= $4
                AND lower(convert_from(answer, 'UTF8')) LIKE ANY ($3::text[])))
"""

SAVE_ANSWER = """
    UPDATE idempotency_records
       SET answer = $5
     WHERE scope = $1 AND key = $2 AND method = $3 AND path = $4
"""


async def erase_copies(connection: Connection, person: ErasedPerson) -> None:
    """Replace the person in what this service has published, parked and answered."""
    owner = f'"ownerid":"{person.owner_id}"'.encode()
    ids, addresses = person.id_patterns(), person.address_patterns()
    events = await connection.fetch(
        FIND_EVENTS, owner, ids, addresses, person.requested_at, timeout=SECONDS
    )
    await _save(connection, SAVE_EVENT, events, person)
    request = ErasureRequested.routing_key()
    parked = await connection.fetch(FIND_PARKED, owner, ids, addresses, request, timeout=SECONDS)
    await _save(connection, SAVE_PARKED, parked, person)
    scope = f"user {person.owner_id}"
    answers = await connection.fetch(
        FIND_ANSWERS, scope, ids, addresses, person.requested_at, timeout=SECONDS
    )
    await _save(connection, SAVE_ANSWER, answers, person)


async def _save(
    connection: Connection, statement: str, rows: Sequence[Any], person: ErasedPerson
) -> None:
    values = [(*row.values(),) for row in rows]
    changed = [(*key, person.without_person(body)) for *key, body in values]
    if changed:
        await connection.executemany(statement, changed)
