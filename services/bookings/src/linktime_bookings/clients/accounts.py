"""The client of the gateway: one-time links in mails about accounts."""

from uuid import UUID

from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.contracts.internal_api.gateway import MadeAccountLink, NewAccountLink
from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered, InternalClient

LINK_SECONDS = 2.0
NOT_FOUND, CONFLICT = 404, 409


class AccountLinks:
    """Client of the gateway's internal API."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def link(self, user_id: UUID, kind: AccountMailKind, email: str) -> str | None:
        """Return the address of a new link for this recipient; None if the mail is of no use.

        It contains a secret: never store or log it. An earlier link of this kind ends. Raises
        Unavailable, also while the gateway does not know the address yet, and Answered.
        """
        wanted = NewAccountLink(user_id=user_id, kind=kind, email=email)
        try:
            made = await self._client.call(
                "POST",
                "/internal/account-links",
                MadeAccountLink,
                body=wanted,
                timeout=LINK_SECONDS,
            )
        except Answered as answered:
            if answered.status == NOT_FOUND:
                return None
            if answered.status == CONFLICT:
                raise Unavailable("the gateway does not know the address yet") from answered
            raise
        return made.url
