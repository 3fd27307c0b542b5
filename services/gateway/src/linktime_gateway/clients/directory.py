"""The scim service's internal API."""

from uuid import UUID

from linktime_common.contracts.internal_api.scim import (
    DirectoryUser,
    NewUser,
    OrganizationRole,
    OrganizationView,
)
from linktime_common.http.client import Answered, InternalClient

READ_SECONDS = 1.0
SIGN_UP_SECONDS = 5.0
NOT_FOUND = 404


class AccountRefused(Answered):
    """The directory refuses to make the account; its status and its own words say why."""


class AccountDirectory:
    """What the gateway asks of it; every call raises Unavailable when there is no answer."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def user(self, user_id: UUID) -> DirectoryUser | None:
        """The account, or None: the directory says there is none."""
        try:
            return await self._client.call(
                "GET", f"/internal/users/{user_id}", DirectoryUser, timeout=READ_SECONDS
            )
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            raise

    async def create_user(self, new: NewUser) -> DirectoryUser:
        """Make the account; the same id and e-mail again answer the same.

        Raises AccountRefused with 409 or 400 and the directory's reason.
        """
        try:
            return await self._client.call(
                "POST", "/internal/users", DirectoryUser, body=new, timeout=SIGN_UP_SECONDS
            )
        except Answered as answered:
            raise AccountRefused(answered.status, answered.error, answered.body) from answered

    async def organization(self, organization_id: UUID) -> OrganizationView | None:
        """The organization, or None."""
        try:
            return await self._client.call(
                "GET",
                f"/internal/organizations/{organization_id}",
                OrganizationView,
                timeout=READ_SECONDS,
            )
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            raise

    async def role(self, organization_id: UUID, user_id: UUID) -> str | None:
        """`owner`, `admin` or `member`; None for who is no active member."""
        path = f"/internal/organizations/{organization_id}/members/{user_id}"
        try:
            found = await self._client.call("GET", path, OrganizationRole, timeout=READ_SECONDS)
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            raise
        return found.role
