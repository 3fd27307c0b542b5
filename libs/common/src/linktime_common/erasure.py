"""The job that erases persons from what a service stores, one round of an erasure after another.

A consumer only stores the round: reading whole tables has no place in the transaction of an event.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from linktime_common.clock import SystemClock
from linktime_common.contracts.events.base import PersonErased
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.copies import erase_copies
from linktime_common.erased_keys import erase_keys
from linktime_common.erased_person import ErasedPerson, person_of
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection, Database

ERASURE_SECONDS = 5.0
LEASE = timedelta(minutes=2)
"""After a failure the round is tried again; two processes that do the same do no harm."""
WAIT = timedelta(seconds=ERASURE_SECONDS)

ADD = """
    INSERT INTO erasure_rounds (erasure_id, round, owner_id, emails, phones, ids, requested_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING
"""

# Of all hosts.
LEASE_DUE = """
    UPDATE erasure_rounds
       SET due_at = now() + $1::interval
     WHERE (erasure_id, round) IN (
           SELECT erasure_id, round
             FROM erasure_rounds
            WHERE due_at <= now()
            ORDER BY due_at, erasure_id
            LIMIT 1
              FOR UPDATE SKIP LOCKED
           )
    RETURNING erasure_id, round, owner_id, emails, phones, ids, requested_at
"""

POSTPONE = """
    UPDATE erasure_rounds
       SET due_at = now() + $4::interval
     WHERE owner_id = $1
       AND erasure_id = $2
       AND round = $3
"""

REMOVE = """
    DELETE FROM erasure_rounds
     WHERE owner_id = $1
       AND erasure_id = $2
       AND round = $3
    RETURNING true
"""

EraseOwn = Callable[[Database, ErasedPerson], Awaitable[Sequence[UUID]]]
"""Erase the person from the service's own tables; return ids of further bookings of the person."""


@dataclass(frozen=True, kw_only=True)
class ErasureRound:
    """One round of an erasure, which one service has to do."""

    erasure_id: UUID
    number: int
    person: ErasedPerson


Confirm = Callable[[Connection, ErasureRound], Awaitable[None]]


async def add_round(connection: Connection, event: ErasureRequested) -> None:
    """Store the round that the event requests; runs in the caller's transaction."""
    person = person_of(event)
    await connection.execute(
        ADD,
        event.aggregate_id,
        event.aggregate_version,
        person.owner_id,
        person.emails,
        person.phones,
        person.ids,
        person.requested_at,
    )


async def do_rounds(database: Database, erase: EraseOwn, confirm: Confirm) -> None:
    """Do all rounds that are due. Any number of processes may run it concurrently.

    One that was interrupted is done again from its beginning.
    """
    while (one := await _lease(database)) is not None:
        further = await erase(database, one.person)
        person = replace(one.person, ids=[*one.person.ids, *further])
        is_published = await erase_copies(database, person)
        await erase_keys(database, person)
        async with database.transaction() as connection:
            name = (person.owner_id, one.erasure_id, one.number)
            if not is_published:
                await connection.execute(POSTPONE, *name, WAIT)
            elif await connection.fetchval(REMOVE, *name):
                await confirm(connection, one)


def publish(confirmation: type[PersonErased]) -> Confirm:
    """Return what confirms a round to the contacts service, which consumes the event."""

    async def confirm(connection: Connection, one: ErasureRound) -> None:
        event = confirmation(
            occurred_at=SystemClock().now(),
            owner_id=one.person.owner_id,
            aggregate_id=one.erasure_id,
            aggregate_version=one.number,
        )
        await outbox.add(connection, event)

    return confirm


async def _lease(database: Database) -> ErasureRound | None:
    async with database.connection() as connection:
        row = await connection.fetchrow(LEASE_DUE, LEASE)
    if row is None:
        return None
    person = ErasedPerson(
        owner_id=row["owner_id"],
        emails=row["emails"],
        phones=row["phones"],
        ids=row["ids"],
        requested_at=row["requested_at"],
    )
    return ErasureRound(erasure_id=row["erasure_id"], number=row["round"], person=person)
