"""Turns a leased mail into a message: looks up what is known only now, and renders it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import BookingFacts, Email
from linktime_bookings.domain.mail_retry import TOO_LATE
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.smtp import Envelope
from linktime_bookings.store.emails import LeasedEmail
from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.contracts.events.scim import UserState

NO_ACCOUNT = "the account does not exist or is inactive"
NO_LINK = "the account has no use for the link any more"


class NotWanted(Exception):
    """The mail is not sent; the message is the reason."""


class Hosts:
    """The hosts of mails that are prepared together: all are looked up when one is needed."""

    def __init__(self, directory: RecipientDirectory, host_ids: set[UUID]) -> None:
        self._directory = directory
        self._host_ids = host_ids
        self._found: asyncio.Task[dict[UUID, UserState]] | None = None

    async def find(self, host_id: UUID) -> UserState | None:
        """Return the account, or None if there is none; raises Unavailable."""
        if self._found is None:
            self._found = asyncio.create_task(self._directory.users(self._host_ids))
        return (await self._found).get(host_id)


@dataclass(frozen=True)
class Preparer:
    deps: Deps
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of rendering one mail."""

    def hosts_of(self, emails: Iterable[LeasedEmail]) -> Hosts:
        """Return the hosts to whom mails are addressed, for `prepare`."""
        ids = {email.owner_id for email in emails if not email.kind.for_invitee}
        return Hosts(self.deps.directory, ids)

    async def prepare(self, email: LeasedEmail, hosts: Hosts) -> Envelope:
        """Return the message; one that a server may have for the same address is the same again.

        Raises NotWanted, UnusableAddress, and whatever the services that are asked raise.
        """
        now = self.deps.clock.now()
        if email.expires_at is not None and email.expires_at <= now:
            raise NotWanted(TOO_LATE)
        complete = await self._complete(email, hosts)
        content = email.content if complete.recipient == email.recipient else None
        return Envelope(
            sender=self.deps.sender.address,
            recipient=complete.recipient or "",
            content=content or await self._rendered(complete, now),
        )

    async def _rendered(self, email: Email, now: datetime) -> bytes:
        """Return the message; requests of this process are answered between two of them."""
        async with self.turn:
            await asyncio.sleep(0)
            return render(email, self.deps.sender, now=now).as_bytes()

    async def _complete(self, email: LeasedEmail, hosts: Hosts) -> Email:
        if email.kind.for_invitee:
            return email
        user = await hosts.find(email.owner_id)
        if user is None or not (user.active or email.kind.is_of_booking):
            return _to_former_host(email)
        to_user = replace(
            email,
            recipient=user.email,
            recipient_name=user.name,
            locale=user.locale or email.locale,
            timezone=user.timezone,
        )
        return await self._with_link(to_user, user.email) if email.kind.is_of_account else to_user

    async def _with_link(self, email: Email, recipient: str) -> Email:
        """Add the link, which is valid for this recipient; it is stored nowhere."""
        kind = AccountMailKind(email.kind)
        link = await self.deps.accounts.link(email.owner_id, kind, recipient)
        if link is None:
            raise NotWanted(NO_LINK)
        return replace(email, facts={**email.facts, "link": link})


def _to_former_host(email: Email) -> Email:
    """Address a mail about a booking to the last known address of the host; raises NotWanted."""
    if not email.kind.is_of_booking:
        raise NotWanted(NO_ACCOUNT)
    host = BookingFacts.model_validate(email.facts).booking.host
    return replace(
        email,
        recipient=email.recipient or host.email,
        recipient_name=host.name,
        locale=host.locale or email.locale,
        timezone=host.timezone or email.timezone,
    )
