"""Erase a person from what every service keeps: published events, parked messages, answers.

The tables have no index by person. They are read in pages of the primary key, without a lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.erased_person import ErasedPerson
from linktime_common.idempotency import user_scope
from linktime_common.messaging import intake
from linktime_common.postgres import Database

PAGE = 500

EVENTS = """
    SELECT seq,
           CASE WHEN position($1::bytea IN envelope) > 0 THEN envelope END AS body,
           created_at AS stored_at,
           published_at IS NOT NULL AS is_settled
      FROM outbox
     WHERE seq > $3
     ORDER BY seq
     LIMIT $2
"""

SAVE_EVENT = "UPDATE outbox SET envelope = $2 WHERE seq = $1"

# A request to erase that was given up on needs its addresses.
PARKED = """
    SELECT id,
           CASE WHEN routing_key <> $4 AND position($1::bytea IN body) > 0 THEN body END AS body,
           parked_at AS stored_at,
           true AS is_settled
      FROM parked_messages
     WHERE id > $3
     ORDER BY id
     LIMIT $2
"""

# The text of an error may quote the message; a replay needs the trace alone.
SAVE_PARKED = f"""
    UPDATE parked_messages
       SET body = $2,
           reason = split_part(reason, ':', 1),
           stack = NULL,
           headers = headers - '{intake.LAST_ERROR}'
     WHERE id = $1
"""  # noqa: S608 - the name is a constant

# Answers to other callers, such as an invitee, are found by the ids in them.
ANSWERS = """
    SELECT scope, key, method, path,
           CASE WHEN scope = $1 OR convert_from(answer, 'UTF8') LIKE ANY ($7::text[])
                THEN answer END AS body,
           created_at AS stored_at,
           true AS is_settled
      FROM idempotency_records
     WHERE (scope, key, method, path) > ($3, $4, $5, $6)
     ORDER BY scope, key, method, path
     LIMIT $2
"""

SAVE_ANSWER = """
    UPDATE idempotency_records
       SET answer = $5
     WHERE scope = $1 AND key = $2 AND method = $3 AND path = $4
"""


@dataclass(frozen=True, kw_only=True)
class _Table:
    """How to read a table page by page, and to save a row of it."""

    page: str
    save: str
    owner: Any
    first: Sequence[Any]
    more: Sequence[Any] = ()


async def erase_copies(database: Database, person: ErasedPerson) -> bool:
    """Replace the person in what this service has published, parked and answered.

    An event that is not published yet stays, because its consumers need it. Returns whether there
    is none.
    """
    owner = f'"ownerid":"{person.owner_id}"'.encode()
    events = _Table(page=EVENTS, save=SAVE_EVENT, owner=owner, first=(0,))
    parked = _Table(
        page=PARKED,
        save=SAVE_PARKED,
        owner=owner,
        first=(UUID(int=0),),
        more=(ErasureRequested.routing_key(),),
    )
    answers = _Table(
        page=ANSWERS,
        save=SAVE_ANSWER,
        owner=user_scope(person.owner_id),
        first=("", "", "", ""),
        more=([f"%{one}%" for one in person.ids],),
    )
    results = [await _erase(database, table, person) for table in (events, parked, answers)]
    return all(results)


async def _erase(database: Database, table: _Table, person: ErasedPerson) -> bool:
    after, is_settled = table.first, True
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(table.page, table.owner, PAGE, *after, *table.more)
            values = [(*row.values(),) for row in rows]
            changed = [
                (key, body, settled)
                for *key, old, stored_at, settled in values
                if old and (body := person.without_person(old, stored_at=stored_at)) != old
            ]
            saved = [(*key, body) for key, body, settled in changed if settled]
            if saved:
                await connection.executemany(table.save, saved)
        is_settled &= len(saved) == len(changed)
        if len(rows) < PAGE:
            return is_settled
        after = values[-1][: len(table.first)]
