"""The host deletes a contact, for good."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from linktime_common.http.idempotency import Attempt
from linktime_contacts.deps import Deps
from linktime_contacts.domain.errors import ContactNotFound
from linktime_contacts.store import contacts


@dataclass(frozen=True, kw_only=True)
class DeleteContact:
    owner_id: UUID
    contact_id: UUID


async def delete_contact(command: DeleteContact, deps: Deps, attempt: Attempt[None]) -> None:
    """Erase it; raises ContactNotFound.

    Messages and calls name nobody's id, and the rows of its meetings stay without it: they keep
    later events of those bookings from making it again.
    """
    async with asyncio.timeout_at(attempt.deadline), deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        if not await contacts.delete(connection, command.owner_id, command.contact_id):
            raise ContactNotFound(contact_id=command.contact_id)
