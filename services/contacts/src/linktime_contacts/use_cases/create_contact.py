"""Add a contact."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.contacts import ContactState
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_contacts.deps import Deps
from linktime_contacts.domain.contact import Contact, ContactFields, ContactSource, contact_created
from linktime_contacts.domain.errors import ContactEmailTaken
from linktime_contacts.domain.instants import whole_milliseconds
from linktime_contacts.domain.meeting import NO_MEETINGS
from linktime_contacts.store import contacts

CONTACT = "contact"
"""The key under which an attempt stores the contact's id."""


@dataclass(frozen=True, kw_only=True)
class CreateContact:
    owner_id: UUID
    fields: ContactFields
    source: ContactSource


async def create_contact(
    command: CreateContact, deps: Deps, attempt: WriteAttempt[ContactState]
) -> ContactState:
    """Insert the contact and its event; raises ContactEmailTaken."""
    now = whole_milliseconds(deps.clock.now())
    contact = Contact(
        **vars(command.fields),
        id=attempt.chosen_id(CONTACT),
        owner_id=command.owner_id,
        version=next_version(0, now),
        created_at=now,
        updated_at=now,
    )
    # Meetings are linked only when a booking is recorded, so a new contact has none.
    state = contact.state(NO_MEETINGS)
    event = contact_created(contact, NO_MEETINGS, source=command.source, occurred_at=now)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, state)
        if not await contacts.insert(connection, contact):
            raise ContactEmailTaken(owner_id=command.owner_id)
        await outbox.add(connection, event)
    return state
