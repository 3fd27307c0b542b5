"""Asks contacts who an invitee is to the host."""

from uuid import UUID

from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered, InternalClient
from linktime_common.logs import logger

FIND_SECONDS = 0.3


class Contacts:
    """contacts' internal API, as bookings needs it."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def find(self, *, owner_id: UUID, email: str) -> FoundContact | None:
        """The owner's contact with that e-mail; None when there is none, or no answer in time."""
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
            logger().warning("contact not found out", reason=error)
            return None
