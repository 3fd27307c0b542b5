"""Client of the scim service's internal API."""

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
    """The directory refuses to create the account; status and body contain its reason."""


class AccountDirectory:
    """Every method raises Unavailable when the directory does not respond."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def user(self, user_id: UUID) -> DirectoryUser | None:
        """Return the account, or None when the directory returns 404."""
        try:
            return await self._client.call(
                "GET", f"/internal/users/{user_id}", DirectoryUser, timeout=READ_SECONDS
            )
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            raise

    async def create_user(self, new: NewUser) -> DirectoryUser:
        """Create the account; idempotent for the same id and e-mail.

        Raises AccountRefused with 409 or 400 and the directory's reason.
        """
        try:
            return await self._client.call(
                "POST", "/internal/users", DirectoryUser, body=new, timeout=SIGN_UP_SECONDS
            )
        except Answered as answered:
            raise AccountRefused(answered.status, answered.error, answered.body) from answered

    async def organization(self, organization_id: UUID) -> OrganizationView | None:
        """Return the organization, or None."""
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
        """Return `owner`, `admin` or `member`, or None without an active membership."""
        path = f"/internal/organizations/{organization_id}/members/{user_id}"
        try:
            found = await self._client.call("GET", path, OrganizationRole, timeout=READ_SECONDS)
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            raise
        return found.role
