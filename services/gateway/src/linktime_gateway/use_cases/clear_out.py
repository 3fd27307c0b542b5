"""Delete what is over: ended sessions and old counts of attempts."""

from linktime_gateway.deps import Deps
from linktime_gateway.store import attempts, sessions


async def clear_out(deps: Deps) -> None:
    """One round; any number of processes may do it at once."""
    now = deps.clock.now()
    async with deps.database.connection() as connection:
        await sessions.clear(connection, now)
        await attempts.clear(connection, now)
