"""The client of the directory."""

from uuid import UUID

from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers
from linktime_common.http.client import Answered, InternalClient

TIMEOUT_SECONDS = 2.0
NOT_FOUND = 404


class HostDirectory:
    """Client of scim's internal API."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def find_user(self, user_id: UUID) -> DirectoryUser | None:
        """Return the account, or None; raises Unavailable without a response."""
        try:
            return await self._client.call(
                "GET", f"/internal/users/{user_id}", DirectoryUser, timeout=TIMEOUT_SECONDS
            )
        except Answered as answer:
            if answer.status != NOT_FOUND:
                raise
            return None

    async def find_user_by_username(self, username: str) -> DirectoryUser | None:
        """Return the account of that username, or None; raises Unavailable without a response."""
        found = await self._client.call(
            "GET",
            "/internal/users",
            DirectoryUsers,
            query={"username": username},
            timeout=TIMEOUT_SECONDS,
        )
        return found.data[0] if found.data else None
