"""The client of contacts."""

from uuid import UUID

from linktime_bookings.domain.errors import ContactNotFound
from linktime_common.contracts.internal_api.contacts import (
    FoundContact,
    IdentifiedContact,
    StoredPerson,
)
from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered, InternalClient
from linktime_common.logs import logger

FIND_SECONDS = 0.3
FILTER_SECONDS = 1.0
EXPORT_SECONDS = 2.0
_NOT_FOUND = 404


class Contacts:
    """Client of contacts' internal API."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def find(self, *, owner_id: UUID, email: str) -> FoundContact | None:
        """Return the owner's contact with that e-mail; None without one or a timely response."""
        try:
            return await self._client.call(
                "GET",
                "/internal/contacts",
                FoundContact,
                query={"ownerId": str(owner_id), "email": email},
                timeout=FIND_SECONDS,
            )
        except Answered:
            return None
        except Unavailable as error:
            logger().warning("contact look-up failed", reason=error)
            return None

    async def emails_of(self, *, owner_id: UUID, contact_id: UUID) -> list[str]:
        """Return the e-mails of the owner's contact, none without such a contact.

        Raises Unavailable: a list by contact has no answer without it.
        """
        try:
            found = await self._client.call(
                "GET",
                f"/internal/contacts/{contact_id}",
                IdentifiedContact,
                query={"ownerId": str(owner_id)},
                timeout=FILTER_SECONDS,
            )
        except Answered as error:
            if error.status != _NOT_FOUND:
                raise
            return []
        return [found.email, *found.other_emails]

    async def personal_data(self, *, owner_id: UUID, contact_id: UUID) -> StoredPerson:
        """Return what is stored of the contact's person; raises ContactNotFound, Unavailable."""
        try:
            return await self._client.call(
                "GET",
                f"/internal/contacts/{contact_id}/personal-data",
                StoredPerson,
                query={"ownerId": str(owner_id)},
                timeout=EXPORT_SECONDS,
            )
        except Answered as error:
            if error.status != _NOT_FOUND:
                raise
            raise ContactNotFound(contact_id=contact_id) from error
