"""Turns a leased mail into a message: looks up what is known only now, and renders it."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.domain.mail_retry import TOO_LATE
from linktime_bookings.mail.rendering import Sender, render
from linktime_bookings.mail.smtp import Envelope
from linktime_bookings.store.emails import LeasedEmail
from linktime_common.errors import Unavailable

NO_ACCOUNT = "the account does not exist or is inactive"


class AccountLinks(Protocol):
    """Makes the one-time links of accounts."""

    async def link(self, user_id: UUID, kind: Kind) -> str:
        """Return the address of a new link; raises Unavailable."""
        ...


class NotWanted(Exception):
    """The mail is not sent; the message is the reason."""


@dataclass(frozen=True)
class Preparer:
    """`account_links` is None where no account can have a mail."""

    deps: Deps
    sender: Sender
    account_links: AccountLinks | None

    async def prepare(self, email: LeasedEmail) -> Envelope:
        """Return the message; one that was offered before is the same again.

        Raises NotWanted, UnusableAddress, and whatever the services that are asked raise.
        """
        now = self.deps.clock.now()
        if email.expires_at is not None and email.expires_at <= now:
            raise NotWanted(TOO_LATE)
        complete = await self._complete(email)
        content = email.content or render(complete, self.sender, now=now).as_bytes()
        return Envelope(
            sender=self.sender.address, recipient=complete.recipient or "", content=content
        )

    async def _complete(self, email: LeasedEmail) -> Email:
        if email.kind.is_of_account:
            return await self._with_link(email)
        if email.recipient is not None:
            return email
        user = await self.deps.directory.user(email.owner_id)
        if user is None or not user.active:
            raise NotWanted(NO_ACCOUNT)
        return replace(
            email, recipient=user.email, recipient_name=user.name, timezone=user.timezone
        )

    async def _with_link(self, email: LeasedEmail) -> Email:
        """Add the link; it is stored nowhere."""
        if self.account_links is None:
            raise Unavailable("links of accounts cannot be made")
        link = await self.account_links.link(email.owner_id, email.kind)
        return replace(email, facts={**email.facts, "link": link})
