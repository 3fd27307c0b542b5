"""The job that deletes expired invitations; any number of processes may run it."""

from typing import NoReturn

from linktime_common.endless import repeat
from linktime_scim.deps import Deps
from linktime_scim.store import invitations

EACH_SECONDS = 600.0


async def sweep_invitations(deps: Deps) -> None:
    """One round."""
    is_more = True
    while is_more:
        async with deps.database.transaction() as connection:
            is_more = await invitations.clear(connection, now=deps.clock.now())


async def sweep_invitations_always(deps: Deps) -> NoReturn:
    """Until cancelled; a database outage is waited out."""
    await repeat(
        "deleting expired invitations", lambda: sweep_invitations(deps), after_seconds=EACH_SECONDS
    )
