"""The client of scim: accounts of hosts."""

from uuid import UUID

from linktime_common.contracts.events.scim import UserState
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.http.client import Answered, InternalClient

READ_SECONDS = 1.0
NOT_FOUND = 404


class RecipientDirectory:
    """Client of scim's internal API."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def user(self, user_id: UUID) -> UserState | None:
        """Return the account, or None if there is none; raises Unavailable, Answered."""
        try:
            found = await self._client.call(
                "GET", f"/internal/users/{user_id}", DirectoryUser, timeout=READ_SECONDS
            )
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            raise
        return found.user
