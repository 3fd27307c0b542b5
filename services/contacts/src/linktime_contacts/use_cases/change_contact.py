"""Change a contact."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.idempotency import WriteAttempt
from linktime_contacts.deps import Deps
from linktime_contacts.store import contact_aliases, contacts


@dataclass(frozen=True, kw_only=True)
class ChangeContact:
    """`values` by field; absent fields are not changed."""

    owner_id: UUID
    contact_id: UUID
    values: Mapping[str, str | None]


async def change_contact(
    command: ChangeContact, deps: Deps, attempt: WriteAttempt[ContactState]
) -> ContactState:
    """Return the changed contact; raises ContactNotFound, ContactEmailTaken."""
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        contact = await contacts.lock(connection, command.owner_id, command.contact_id)
        changed = contact.changed(command.values, now=now)
        if changed != contact:
            await contacts.save(connection, changed)
        await contact_aliases.replace_changed(connection, contact, changed)
        saved, figures = await contacts.find(connection, contact.owner_id, contact.id, now=now)
        state = saved.state(figures)
        await attempt.keep(connection, state)
    return state
