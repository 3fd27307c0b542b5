"""SQL of the table `sign_in_attempts`, shared by all processes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from linktime_common.postgres import COMMAND_SECONDS, Connection
from linktime_gateway.domain.attempts import FORGOTTEN_AFTER, Attempts

# To prevent deadlocks, statements lock rows in order or skip locked ones.
LOCK = """
    INSERT INTO sign_in_attempts AS stored (subject, attempts, last_at)
    SELECT subject, 0, $2 FROM unnest($1::text[]) AS subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE
       SET attempts = CASE WHEN stored.last_at <= $3 THEN 0 ELSE stored.attempts END
    RETURNING subject, attempts, last_at
"""

COUNT = """
    UPDATE sign_in_attempts
       SET attempts = attempts + 1, last_at = $2
     WHERE subject = ANY ($1::text[])
"""

TAKE_BACK = """
    WITH counted AS MATERIALIZED (
        SELECT subject
          FROM sign_in_attempts
         WHERE subject = ANY ($1::text[])
           AND attempts > 0
         ORDER BY subject
           FOR UPDATE)
    UPDATE sign_in_attempts AS stored
       SET attempts = stored.attempts - 1,
           last_at = CASE WHEN stored.last_at = $3 THEN before.last_at ELSE stored.last_at END
      FROM counted
      JOIN unnest($1::text[], $2::timestamptz[]) AS before (subject, last_at) USING (subject)
     WHERE stored.subject = counted.subject
"""

FORGET = """
    DELETE FROM sign_in_attempts
     WHERE subject IN (SELECT subject
                         FROM sign_in_attempts
                        WHERE subject = ANY ($1::text[])
                        ORDER BY subject
                          FOR UPDATE)
"""

CLEAR = """
    DELETE FROM sign_in_attempts
     WHERE subject IN (SELECT subject
                         FROM sign_in_attempts
                        WHERE last_at <= $1
                          FOR UPDATE SKIP LOCKED)
"""


async def lock(
    connection: Connection, subjects: Sequence[str], now: datetime
) -> Mapping[str, Attempts]:
    """Return the attempts of each subject, and lock them until the transaction ends."""
    rows = await connection.fetch(LOCK, subjects, now, now - FORGOTTEN_AFTER)
    return {row["subject"]: Attempts(row["attempts"], row["last_at"]) for row in rows}


async def count(connection: Connection, subjects: Sequence[str], now: datetime) -> None:
    """Add one attempt to each subject locked in this transaction."""
    await connection.execute(COUNT, subjects, now)


async def take_back(
    connection: Connection, before: Mapping[str, Attempts], counted_at: datetime
) -> None:
    """Subtract the attempt counted at that time; `before` is the result of `lock`."""
    last_at = [known.last_at for known in before.values()]
    await connection.execute(TAKE_BACK, list(before), last_at, counted_at)


async def forget(connection: Connection, subjects: Sequence[str]) -> None:
    """Reset the counts."""
    await connection.execute(FORGET, subjects)


async def clear(connection: Connection, now: datetime) -> None:
    """Delete expired counts."""
    await connection.execute(CLEAR, now - FORGOTTEN_AFTER, timeout=COMMAND_SECONDS)
