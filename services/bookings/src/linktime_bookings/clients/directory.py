"""The client of scim: accounts of hosts."""

from collections.abc import Collection
from uuid import UUID

from linktime_common.contracts.events.scim import UserState
from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers, WantedUsers
from linktime_common.errors import Unavailable
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

    async def users(self, user_ids: Collection[UUID]) -> dict[UUID, UserState]:
        """Return the accounts that exist, by id, by one request; raises Unavailable."""
        try:
            found = await self._client.call(
                "POST",
                "/internal/users/lookup",
                DirectoryUsers,
                body=WantedUsers(ids=list(user_ids)),
                timeout=READ_SECONDS,
            )
        except Answered as answered:
            # A scim of an earlier version does not have the route.
            raise Unavailable(f"scim responded with {answered.status}") from answered
        return {entry.user.id: entry.user for entry in found.data}
