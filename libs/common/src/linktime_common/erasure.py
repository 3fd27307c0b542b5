"""Erase a person from what every service keeps: outbox, parked messages, stored answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.postgres import Connection
from linktime_common.redaction import redacted

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


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom a host has erased: the addresses, and the ids of contacts and bookings."""

    owner_id: UUID
    emails: Sequence[str]
    phones: Sequence[str]
    ids: Sequence[UUID]
    requested_at: datetime
    """What has only the address is erased up to this time: later it is a new contact's."""

    @property
    def addresses(self) -> list[str]:
        return [*self.emails, *self.phones]

    def without_person(self, body: bytes) -> bytes:
        """Return the JSON document with the person's fields replaced; `{}` if it is not JSON."""
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return b"{}"
        return orjson.dumps(redacted(document, self.addresses))

    def id_patterns(self) -> list[str]:
        """Return LIKE patterns of lowercase JSON with one of the ids."""
        return _patterns(str(one) for one in self.ids)

    def address_patterns(self) -> list[str]:
        """Return LIKE patterns of lowercase JSON with one of the addresses as a whole text."""
        return _patterns(self.addresses)


def person_of(event: ErasureRequested) -> Person:
    """Return whom the event is about."""
    return Person(
        owner_id=event.owner_id,
        emails=event.emails,
        phones=event.phones,
        ids=[*event.contact_ids, *event.booking_ids],
        requested_at=event.requested_at,
    )


async def erase_copies(connection: Connection, person: Person) -> None:
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
    connection: Connection, statement: str, rows: Sequence[Any], person: Person
) -> None:
    values = [(*row.values(),) for row in rows]
    changed = [(*key, person.without_person(body)) for *key, body in values]
    if changed:
        await connection.executemany(statement, changed)


def _patterns(texts: Iterable[str]) -> list[str]:
    quoted = (orjson.dumps(text).decode().lower() for text in texts)
    escaped = (
        text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for text in quoted
    )
    return [f"%{text}%" for text in escaped]
