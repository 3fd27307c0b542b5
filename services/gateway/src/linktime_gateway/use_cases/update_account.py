"""Update the projection of accounts from an event, a resync or the directory."""

from uuid import UUID

from linktime_common.contracts.events.scim import UserEvent, UserState
from linktime_common.postgres import Connection
from linktime_gateway.deps import Deps
from linktime_gateway.domain.accounts import AccountProjection
from linktime_gateway.store import accounts, logins, sessions


async def on_user_event(connection: Connection, event: UserEvent) -> None:
    """Store the changed account."""
    await update_account(connection, event.user, event.aggregate_version)


async def update_account(connection: Connection, user: UserState, version: int) -> bool:
    """Store a newer account with a login; return whether it was stored.

    Accounts from an identity provider have no sign-up, so their login has no password. Inactive
    accounts lose their sessions.
    """
    applied = await accounts.save(connection, user, version)
    if applied:
        await logins.add_without_password(connection, user.id)
        if not user.active:
            await sessions.end_all(connection, user.id)
    return applied


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
