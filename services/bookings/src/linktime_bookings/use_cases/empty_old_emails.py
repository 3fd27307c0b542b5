"""Remove personal data of old mails."""

from datetime import timedelta

from linktime_bookings.deps import Deps
from linktime_bookings.store import email_counts, email_retention

MOST_AT_ONCE = 500
COUNTS_KEPT = timedelta(days=1)


async def empty_old_emails(deps: Deps) -> None:
    """Any number of processes may run it concurrently."""
    emptied = MOST_AT_ONCE
    while emptied == MOST_AT_ONCE:
        async with deps.database.connection() as connection:
            emptied = await email_retention.empty(
                connection, older_than=deps.mail_retention, limit=MOST_AT_ONCE
            )
    async with deps.database.connection() as connection:
        await email_counts.prune(connection, older_than=COUNTS_KEPT)
