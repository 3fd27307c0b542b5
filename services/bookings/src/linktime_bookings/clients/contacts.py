"""The client of contacts."""

from uuid import UUID

from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered, InternalClient
from linktime_common.logs import logger

FIND_SECONDS = 0.3
FILTER_SECONDS = 1.0
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

    async def email_of(self, *, owner_id: UUID, contact_id: UUID) -> str | None:
        """Return the e-mail of the owner's contact, or None without such a contact.

        Raises Unavailable: a list by contact has no answer without it.
        """
        try:
            found = await self._client.call(
                "GET",
                f"/internal/contacts/{contact_id}",
                FoundContact,
                query={"ownerId": str(owner_id)},
                timeout=FILTER_SECONDS,
            )
        except Answered as error:
            if error.status != _NOT_FOUND:
                raise
            return None
        return found.email
