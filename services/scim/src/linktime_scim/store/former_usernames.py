"""The table `former_usernames`: usernames that accounts had before a change."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from linktime_common.postgres import Connection

ADD = """
    INSERT INTO former_usernames (username, user_id, replaced_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (username) DO UPDATE
       SET user_id = excluded.user_id, replaced_at = excluded.replaced_at
"""

IS_KEPT = """
    SELECT true
      FROM former_usernames
     WHERE username = $1
       AND user_id <> $2
       AND replaced_at > $3
"""

COUNT_OTHERS = """
    SELECT count(*)
      FROM former_usernames
     WHERE user_id = $1
       AND replaced_at > $2
       AND username <> ALL ($3)
"""


async def add(connection: Connection, username: str, user_id: UUID, *, now: datetime) -> None:
    """Store that the account had this username until now, and no longer another one."""
    await connection.execute(ADD, username, user_id, now)


async def is_kept(
    connection: Connection, username: str, *, otherwise_than_for: UUID, since: datetime
) -> bool:
    """Return whether another account had the username until after `since`."""
    return bool(await connection.fetchval(IS_KEPT, username, otherwise_than_for, since))


async def count_others(
    connection: Connection, user_id: UUID, usernames: Sequence[str], since: datetime
) -> int:
    """Return how many usernames of the account, without these, were replaced after `since`."""
    return int(await connection.fetchval(COUNT_OTHERS, user_id, since, usernames))
