"""The table `retired_usernames`: usernames of deleted accounts, as hashes."""

from datetime import datetime
from uuid import UUID

from linktime_common.postgres import Connection

# An account may have had its present username before.
ADD = """
    INSERT INTO retired_usernames AS known (username_hash, retired_at)
    SELECT sha256(convert_to(username, 'UTF8')), max(retired_at)
      FROM (SELECT username, $2::timestamptz AS retired_at FROM users WHERE id = $1
             UNION ALL
            SELECT username, replaced_at FROM former_usernames WHERE user_id = $1) AS had
     GROUP BY username
    ON CONFLICT (username_hash) DO UPDATE
       SET retired_at = greatest(known.retired_at, excluded.retired_at)
"""

IS_KEPT = """
    SELECT true
      FROM retired_usernames
     WHERE username_hash = sha256(convert_to($1::text, 'UTF8'))
       AND retired_at > $2
"""

CLEAR = "DELETE FROM retired_usernames WHERE retired_at <= $1"


async def add_of(connection: Connection, user_id: UUID, *, now: datetime) -> None:
    """Store the usernames that the account has and had."""
    await connection.execute(ADD, user_id, now)


async def is_kept(connection: Connection, username: str, *, since: datetime) -> bool:
    """Return whether an account that was deleted after `since` had the username."""
    return bool(await connection.fetchval(IS_KEPT, username, since))


async def clear(connection: Connection, *, before: datetime) -> None:
    """Delete those that are no longer refused to others."""
    await connection.execute(CLEAR, before)
