"""The table `sign_in_attempts`: fixed windows, counted in one place for every process."""

from collections.abc import Mapping
from datetime import datetime

from linktime_common.postgres import COMMAND_SECONDS, Connection
from linktime_gateway.domain.sessions import ATTEMPT_WINDOW, Attempts

# Sorted, so that two processes lock the rows in the same order.
COUNT = """
    INSERT INTO sign_in_attempts AS stored (subject, began_at, attempts)
    SELECT subject, $2, 1 FROM unnest($1::text[]) AS subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE
       SET attempts = CASE WHEN stored.began_at <= $3 THEN 1
                           ELSE least(stored.attempts, 1000000) + 1 END,
           began_at = CASE WHEN stored.began_at <= $3 THEN excluded.began_at
                           ELSE stored.began_at END
    RETURNING subject, began_at, attempts
"""

TAKE_BACK = """
    UPDATE sign_in_attempts
       SET attempts = attempts - 1
     WHERE subject = $1
       AND attempts > 0
"""

FORGET = "DELETE FROM sign_in_attempts WHERE subject = $1"
CLEAR = "DELETE FROM sign_in_attempts WHERE began_at <= $1"


async def count(
    connection: Connection, subjects: list[str], now: datetime
) -> Mapping[str, Attempts]:
    """Count one attempt for each subject; returns how many there are now, this one included."""
    rows = await connection.fetch(COUNT, sorted(subjects), now, now - ATTEMPT_WINDOW)
    return {row["subject"]: Attempts(row["attempts"], row["began_at"]) for row in rows}


async def take_back(connection: Connection, subject: str) -> None:
    """One attempt was none: the password was right."""
    await connection.execute(TAKE_BACK, subject)


async def forget(connection: Connection, subject: str) -> None:
    """Count from nothing again."""
    await connection.execute(FORGET, subject)


async def clear(connection: Connection, now: datetime) -> None:
    """Delete the windows that are over."""
    await connection.execute(CLEAR, now - ATTEMPT_WINDOW, timeout=COMMAND_SECONDS)
