"""The host deletes a contact, for good."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_contacts.deps import Deps
from linktime_contacts.store import contacts, meetings


@dataclass(frozen=True, kw_only=True)
class DeleteContact:
    owner_id: UUID
    contact_id: UUID


async def delete_contact(command: DeleteContact, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Erase it and its meetings; raises ContactNotFound.

    Messages and calls name nobody's id. Of a meeting only its booking's id stays, which keeps later
    events of that booking from making the contact again.
    """
    named = {"owner_id": command.owner_id, "contact_id": command.contact_id}
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        # Held first: a booking that is being linked to it comes before, or finds it gone.
        await contacts.lock(connection, command.owner_id, command.contact_id)
        await meetings.erase(connection, **named)
        await contacts.delete(connection, command.owner_id, command.contact_id)
