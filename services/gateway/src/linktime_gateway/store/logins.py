"""The table `logins`."""

from datetime import datetime
from uuid import UUID

from linktime_common.postgres import Connection

# A retry takes over the pending row, and with it the user id that the directory may already know.
BEGIN = """
    INSERT INTO logins AS pending (user_id, password_hash, created_at, pending_email, attempt)
    VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (pending_email) DO UPDATE
       SET password_hash = excluded.password_hash,
           attempt = excluded.attempt
    RETURNING user_id
"""

ACTIVATE = """
    UPDATE logins
       SET activated_at = $3, pending_email = NULL, attempt = NULL
     WHERE user_id = $1
       AND attempt = $2
    RETURNING true
"""

ABANDON = """
    DELETE FROM logins
     WHERE user_id = $1
       AND attempt = $2
"""

ADD_BARE = """
    INSERT INTO logins (user_id, created_at, activated_at)
    VALUES ($1, now(), now())
        ON CONFLICT (user_id) DO NOTHING
"""


async def begin(
    connection: Connection,
    *,
    user_id: UUID,
    email_key: str,
    password_hash: str | None,
    attempt: UUID,
    now: datetime,
) -> UUID:
    """Hold the e-mail for a sign-up; the user id is `user_id` or that of the sign-up resumed."""
    chosen: UUID = await connection.fetchval(BEGIN, user_id, password_hash, now, email_key, attempt)
    return chosen


async def activate(connection: Connection, user_id: UUID, attempt: UUID, now: datetime) -> bool:
    """Finish the sign-up; False when a later attempt has taken it over."""
    return bool(await connection.fetchval(ACTIVATE, user_id, attempt, now))


async def abandon(connection: Connection, user_id: UUID, attempt: UUID) -> None:
    """Give the e-mail back, unless a later attempt holds it."""
    await connection.execute(ABANDON, user_id, attempt)


async def add_without_password(connection: Connection, user_id: UUID) -> None:
    """A login for an account that was made elsewhere; one that exists stays as it is."""
    await connection.execute(ADD_BARE, user_id)
