"""The `email_counts` table: how many mails were leased on a day for each key of a limit."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from linktime_common.postgres import Connection

# In the order of the keys, so that two transactions cannot deadlock.
COUNT = """
    INSERT INTO email_counts AS known (day, key, emails)
    SELECT (now() AT TIME ZONE 'UTC')::date, key, emails
      FROM unnest($1::text[], $2::integer[]) AS added (key, emails)
     ORDER BY key
    ON CONFLICT (day, key) DO UPDATE SET emails = known.emails + excluded.emails
    RETURNING key, emails
"""

PRUNE = "DELETE FROM email_counts WHERE day < (now() AT TIME ZONE 'UTC' - $1::interval)::date"


async def count(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Add one to today's count for each of `keys`, and return the counts."""
    added = Counter(keys)
    rows = await connection.fetch(COUNT, list(added.keys()), list(added.values()))
    return {row["key"]: row["emails"] for row in rows}


async def prune(connection: Connection, *, older_than: timedelta) -> None:
    """Delete counts of earlier days."""
    await connection.execute(PRUNE, older_than)
