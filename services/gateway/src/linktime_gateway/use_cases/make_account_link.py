"""Make the one-time link of a mail about an account."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_gateway.deps import Deps
from linktime_gateway.domain.account_mails import (
    LINK_VALID_FOR,
    address_of,
    is_wanted,
    new_secret,
)
from linktime_gateway.domain.credentials import hash_of
from linktime_gateway.domain.errors import AddressUnknown, MailNotWanted
from linktime_gateway.store import account_links, accounts, logins
from linktime_gateway.store.account_links import AccountLink


@dataclass(frozen=True)
class MakeAccountLink:
    """`email` is the address that the link is sent to."""

    user_id: UUID
    kind: AccountMailKind
    email: str


async def make_account_link(command: MakeAccountLink, deps: Deps) -> str:
    """Return the address of a new link, which ends the user's earlier one of this kind.

    Raises MailNotWanted for an account to which the mail is of no use, and AddressUnknown when the
    account has another address here, which may be outdated.
    """
    now = deps.clock.now()
    secret = new_secret()
    link = AccountLink(command.user_id, command.kind, lowercase_key(command.email))
    async with deps.database.transaction() as connection:
        user = await logins.addressee(connection, command.user_id)
        if user is None or not is_wanted(command.kind, user):
            raise MailNotWanted(user_id=command.user_id)
        account = await accounts.find(connection, command.user_id)
        if account is None or lowercase_key(account.email) != link.email_key:
            raise AddressUnknown(user_id=command.user_id)
        await account_links.put(
            connection,
            link,
            token_hash=hash_of(secret),
            now=now,
            expires_at=now + LINK_VALID_FOR,
        )
    return address_of(deps.account_mails.public_url, command.kind, secret)
