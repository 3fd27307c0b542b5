"""Erase a person from all services."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.erasure import ErasureRound, add_round
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_contacts.deps import Deps
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.erasure import LAST_ROUND, Erasure, new_erasure
from linktime_contacts.domain.instants import whole_milliseconds
from linktime_contacts.store import contacts, erasures, meetings

ERASURE = "erasure"
"""The key under which an attempt stores the erasure's id."""


@dataclass(frozen=True, kw_only=True)
class EraseContact:
    owner_id: UUID
    contact_id: UUID


async def erase_contact(
    command: EraseContact, deps: Deps, attempt: WriteAttempt[Erasure]
) -> Erasure:
    """Delete the contact, and request the first round of erasing the person, also of this service.

    Raises ContactNotFound.
    """
    now = whole_milliseconds(deps.clock.now())
    owner_id = command.owner_id
    async with deps.database.transaction() as connection:
        contact = await contacts.lock(connection, owner_id, command.contact_id)
        bookings = await meetings.bookings_of(connection, owner_id, contact.id)
        erasure = new_erasure(attempt.chosen_id(ERASURE), contact, bookings, now=now)
        await attempt.keep(connection, erasure)
        await _delete(connection, contact)
        await erasures.insert(connection, erasure)
        await _request(connection, erasure, now)
    return erasure


async def confirm_own_round(connection: Connection, one: ErasureRound) -> None:
    """Record that this service has done its part of the round."""
    await erasures.confirm(
        connection,
        owner_id=one.person.owner_id,
        erasure_id=one.erasure_id,
        number=one.number,
        service=ErasureRequested.publisher,
    )


async def advance_erasures(deps: Deps) -> None:
    """Begin the next round of erasures, and end those whose last round is confirmed."""
    while await _advance_one(deps):
        pass


async def _advance_one(deps: Deps) -> bool:
    now = whole_milliseconds(deps.clock.now())
    async with deps.database.transaction() as connection:
        erasure = await erasures.lock_due(connection, now)
        if erasure is None:
            return False
        found = await _with_late_contacts(connection, erasure, now)
        if found == erasure and erasure.round >= LAST_ROUND:
            await erasures.save(connection, erasure.finished(now))
        else:
            following = found.next_round(now)
            await erasures.save(connection, following)
            await _request(connection, following, now)
    return True


async def _request(connection: Connection, erasure: Erasure, now: datetime) -> None:
    event = erasure.event(now)
    await add_round(connection, event)
    await outbox.add(connection, event)


async def _with_late_contacts(connection: Connection, erasure: Erasure, now: datetime) -> Erasure:
    """Erase what events from before the request have written since.

    A contact has the creation time of its first booking. A later one is a new contact, and one that
    has later bookings stays with these; only the earlier meetings leave it.
    """
    until = erasure.requested_at
    for email in erasure.emails:
        contact = await contacts.lock_by_email(connection, erasure.owner_id, email)
        if contact is None:
            continue
        named = {"owner_id": contact.owner_id, "contact_id": contact.id}
        bookings = await meetings.erase(connection, **named, until=until)
        if bookings:
            await contacts.touch(connection, contact.owner_id, contact.id, now=now)
        is_new = contact.created_at > until
        if is_new or await meetings.has_any(connection, **named):
            erasure = erasure.with_bookings(bookings)
        else:
            await contacts.delete(connection, contact.owner_id, contact.id)
            erasure = erasure.with_contact(contact, bookings)
    return erasure


async def _delete(connection: Connection, contact: Contact) -> None:
    await meetings.erase(connection, owner_id=contact.owner_id, contact_id=contact.id)
    await contacts.delete(connection, contact.owner_id, contact.id)
