"""Bring the projection of accounts forward: by an event, a resync, or by asking the directory."""

from uuid import UUID

from linktime_common.contracts.events.scim import UserEvent, UserState
from linktime_common.postgres import Connection
from linktime_gateway.deps import Deps
from linktime_gateway.domain.accounts import AccountProjection
from linktime_gateway.store import accounts, logins, sessions


async def on_user_event(connection: Connection, event: UserEvent) -> None:
    """An account changed."""
    await take_in_account(connection, event.user, event.aggregate_version)


async def take_in_account(connection: Connection, user: UserState, version: int) -> bool:
    """Store what is newer, with a login; returns whether it was.

    An account made by an identity provider has no sign-up, so its login has no password. One that
    is inactive loses its sessions.
    """
    applied = await accounts.save(connection, user, version)
    if applied:
        await logins.add_without_password(connection, user.id)
        if not user.active:
            await sessions.end_all(connection, user.id)
    return applied


async def learn_account(user_id: UUID, deps: Deps) -> AccountProjection | None:
    """Ask the directory; None means that it knows no such user.

    Raises Unavailable when it does not answer: only its no means no.
    """
    found = await deps.directory.user(user_id)
    if found is None:
        return None
    async with deps.database.transaction() as connection:
        await take_in_account(connection, found.user, found.version)
        # An event may have brought something newer in the meantime.
        return await accounts.find(connection, user_id)
