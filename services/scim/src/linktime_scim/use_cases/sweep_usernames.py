"""Deletes usernames of deleted accounts that others may have again."""

from linktime_scim.deps import Deps
from linktime_scim.domain.usernames import kept_since
from linktime_scim.store import retired_usernames


async def sweep_usernames(deps: Deps) -> None:
    """Any number of processes may run it concurrently."""
    async with deps.database.connection() as connection:
        await retired_usernames.clear(connection, before=kept_since(deps.clock.now()))
