"""Delete expired sessions, counts of attempts, links and requests of mails."""

from linktime_gateway.deps import Deps
from linktime_gateway.store import account_links, account_mail_requests, attempts, sessions


async def clear_out(deps: Deps) -> None:
    """Delete once; safe to run in several processes at the same time."""
    now = deps.clock.now()
    async with deps.database.connection() as connection:
        await sessions.clear(connection, now)
        await attempts.clear(connection, now)
        await account_links.clear(connection, now)
        await account_mail_requests.clear(connection, now)
