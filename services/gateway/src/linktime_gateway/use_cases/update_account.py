"""Update the projection of accounts from an event, a resync or the directory."""

from uuid import UUID

from linktime_common.contracts.events.scim import UserCreated, UserEvent, UserState
from linktime_common.postgres import Connection
from linktime_common.user_deletion import is_deleted
from linktime_gateway.deps import Deps
from linktime_gateway.domain.account_mails import MailReason
from linktime_gateway.domain.accounts import AccountProjection
from linktime_gateway.store import (
    account_links,
    account_mail_requests,
    accounts,
    logins,
    sessions,
)


async def on_user_event(connection: Connection, event: UserEvent) -> None:
    """Store the changed account."""
    await update_account(connection, event.user, event.aggregate_version)


async def on_user_created(connection: Connection, event: UserCreated) -> None:
    """Store the account and request its first mail, whichever way it was created."""
    await on_user_event(connection, event)
    await account_mail_requests.add(
        connection, MailReason.CREATED, user_id=event.user.id, event_id=event.event_id
    )


async def update_account(connection: Connection, user: UserState, version: int) -> bool:
    """Store a newer account with a login; return whether it was stored.

    Accounts from an identity provider have no sign-up, so their login has no password. Inactive
    accounts lose their sessions and links. A new e-mail address has to be verified. A deleted
    account is not stored.
    """
    if await is_deleted(connection, user.id):
        return False
    saved = await accounts.save(connection, user, version)
    if saved is None:
        return False
    await logins.add_without_password(connection, user.id)
    if not user.active:
        # In the order in which a use of a link locks them.
        await account_links.end(connection, user.id)
        await sessions.end_all(connection, user.id)
    if saved.address_has_changed:
        await account_mail_requests.add(connection, MailReason.ADDRESS_CHANGED, user_id=user.id)
    return True


async def fetch_account(user_id: UUID, deps: Deps) -> AccountProjection | None:
    """Fetch the account from the directory and store it; None when it does not exist.

    Raises Unavailable when the directory does not respond.
    """
    found = await deps.directory.user(user_id)
    if found is None:
        return None
    async with deps.database.transaction() as connection:
        await update_account(connection, found.user, found.version)
        # An event may have stored a newer version in the meantime.
        return await accounts.find(connection, user_id)
