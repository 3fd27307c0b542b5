"""What is removed from stored events and attempts when a host erases a person.

The tables have no index by person. They are read in pages, without a lock.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Database

PAGE = 500
PAGE_OF_DELIVERIES = 2_000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
NIL = UUID(int=0)

EVENTS = """
    SELECT created_at, id, occurred_at, request_id, CASE WHEN owner_id = $1 THEN body END AS body
      FROM events
     WHERE (created_at, id) > ($2, $3)
     ORDER BY created_at, id
     LIMIT $4
"""

SAVE_EVENT = """
    UPDATE events
       SET body = $4, request_id = $5
     WHERE owner_id = $1
       AND created_at = $2
       AND id = $3
"""

# Also of webhooks that were deleted: their deliveries stay as long as those of others.
ENDPOINTS = "SELECT id FROM endpoints WHERE owner_id = $1 ORDER BY id"

LIVE = """
    SELECT id
      FROM deliveries
     WHERE event_id = ANY ($2)
       AND endpoint_id IN (SELECT id FROM endpoints WHERE owner_id = $1)
"""

ENDED = """
    SELECT created_at, id, event_id = ANY ($2) AS is_of_person
      FROM delivery_history
     WHERE endpoint_id = $1
       AND (created_at, id) > ($3, $4)
     ORDER BY created_at, id
     LIMIT $5
"""

# A receiver's answer may repeat what it was sent.
EMPTY_ATTEMPTS = """
    UPDATE attempts
       SET response_headers = '', response_body = ''
     WHERE delivery_id = ANY ($1)
       AND (response_headers <> '' OR response_body <> '')
"""


async def erase(database: Database, person: ErasedPerson) -> Sequence[UUID]:
    """Replace the person in events, and empty the answers to them.

    An event that is still to be sent is sent in this form.
    """
    events = await _erase_events(database, person)
    if events:
        async with database.connection() as connection:
            live = await connection.fetch(LIVE, person.owner_id, events)
            await connection.execute(EMPTY_ATTEMPTS, [row["id"] for row in live])
            endpoints = await connection.fetch(ENDPOINTS, person.owner_id)
        for endpoint in endpoints:
            await _empty_ended(database, endpoint["id"], events)
    return ()


async def _erase_events(database: Database, person: ErasedPerson) -> list[UUID]:
    """Return the ids of all events about the person, also of those erased before."""
    found: list[UUID] = []
    after: tuple[Any, ...] = (BEGINNING, NIL)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(EVENTS, person.owner_id, *after, PAGE)
            for created_at, event_id, occurred_at, request_id, body in rows:
                if body is None:
                    continue
                if person.is_in(body, stored_at=occurred_at):
                    found.append(event_id)
                erased = person.without_person(body, stored_at=occurred_at)
                # Clients make it, perhaps of a phone number.
                is_before = occurred_at <= person.requested_at
                kept_id = person.hashed(request_id) if request_id and is_before else request_id
                if (erased, kept_id) != (body, request_id):
                    name = (person.owner_id, created_at, event_id)
                    await connection.execute(SAVE_EVENT, *name, erased, kept_id)
        if len(rows) < PAGE:
            return found
        after = (rows[-1]["created_at"], rows[-1]["id"])


async def _empty_ended(database: Database, endpoint_id: UUID, events: Sequence[UUID]) -> None:
    after: tuple[Any, ...] = (BEGINNING, NIL)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(ENDED, endpoint_id, events, *after, PAGE_OF_DELIVERIES)
            ids = [row["id"] for row in rows if row["is_of_person"]]
            if ids:
                await connection.execute(EMPTY_ATTEMPTS, ids)
        if len(rows) < PAGE_OF_DELIVERIES:
            return
        after = (rows[-1]["created_at"], rows[-1]["id"])
