"""Delete a contact permanently."""

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
    """Delete the contact and erase its meetings; raises ContactNotFound.

    The ids of its bookings are kept, so that later booking events do not create the contact again.
    """
    owner_id, contact_id = command.owner_id, command.contact_id
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        # Locked first: a concurrent booking is linked before the deletion or finds no contact.
        await contacts.lock(connection, owner_id, contact_id)
        await meetings.erase(connection, owner_id=owner_id, contact_id=contact_id)
        await contacts.delete(connection, owner_id, contact_id)
