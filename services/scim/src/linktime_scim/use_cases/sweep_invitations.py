"""Deletes expired invitations."""

from linktime_scim.deps import Deps
from linktime_scim.store import invitations


async def sweep_invitations(deps: Deps) -> None:
    """Delete all expired ones, batch by batch; any number of processes may do so concurrently."""
    is_more = True
    while is_more:
        async with deps.database.transaction() as connection:
            is_more = await invitations.clear(connection, now=deps.clock.now())
