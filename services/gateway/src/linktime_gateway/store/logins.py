"""SQL of the table `logins`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_gateway.domain.account_mails import MailAddressee

# A retry reuses the pending row with its user id, which the directory may already have.
PENDING = Columns("user_id", "password_hash", "created_at", "pending_email", "attempt")

BEGIN = f"""
    INSERT INTO logins AS pending ({PENDING})
    VALUES ({PENDING.placeholders()})
        ON CONFLICT (pending_email) DO UPDATE
       SET password_hash = excluded.password_hash,
           attempt = excluded.attempt
    RETURNING user_id
"""  # noqa: S608 - the columns are a constant

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

# While an e-mail moves between accounts, both projections may have it.
FIND = """
    SELECT accounts.id, logins.password_hash
      FROM accounts
      JOIN logins ON logins.user_id = accounts.id
     WHERE accounts.email_key = $1
       AND logins.activated_at IS NOT NULL
     ORDER BY accounts.active DESC, accounts.id DESC
     LIMIT 1
"""

PASSWORD_HASH = "SELECT password_hash FROM logins WHERE user_id = $1"  # noqa: S105 - a statement

CHANGE_PASSWORD = """
    UPDATE logins
       SET password_hash = $3
     WHERE user_id = $1
       AND password_hash = $2
    RETURNING true
"""  # noqa: S105 - a statement

ADDRESSEE = """
    SELECT accounts.id AS user_id,
           accounts.active,
           logins.password_hash IS NOT NULL AS has_password,
           logins.verified_email_key IS NOT DISTINCT FROM accounts.email_key AS is_verified
      FROM accounts
      JOIN logins ON logins.user_id = accounts.id
     WHERE accounts.id = $1
       AND logins.activated_at IS NOT NULL
"""

LOCK_ADDRESSEE = f"{ADDRESSEE} FOR UPDATE OF logins"

VERIFY = "UPDATE logins SET verified_email_key = $2 WHERE user_id = $1"

# The password is made under the account's value, as sessions are under the password's.
SET_PASSWORD = """
    UPDATE logins
       SET password_hash = $2,
           made_under = accounts.credentials_valid_from,
           verified_email_key = $3
      FROM accounts
     WHERE logins.user_id = $1
       AND accounts.id = logins.user_id
"""  # noqa: S105 - a statement


@dataclass(frozen=True)
class Login:
    user_id: UUID
    password_hash: str | None


async def begin(
    connection: Connection,
    *,
    user_id: UUID,
    email_key: str,
    password_hash: str | None,
    attempt: UUID,
    now: datetime,
) -> UUID:
    """Reserve the e-mail for a sign-up; return `user_id` or that of the resumed sign-up."""
    chosen: UUID = await connection.fetchval(BEGIN, user_id, password_hash, now, email_key, attempt)
    return chosen


async def activate(connection: Connection, user_id: UUID, attempt: UUID, now: datetime) -> bool:
    """Finish the sign-up; return False when a later attempt has replaced it."""
    return bool(await connection.fetchval(ACTIVATE, user_id, attempt, now))


async def abandon(connection: Connection, user_id: UUID, attempt: UUID) -> None:
    """Release the e-mail, unless a later attempt has reserved it."""
    await connection.execute(ABANDON, user_id, attempt)


async def add_without_password(connection: Connection, user_id: UUID) -> None:
    """Add a login for an account created elsewhere; an existing login is not changed."""
    await connection.execute(ADD_BARE, user_id)


async def find(connection: Connection, email_key: str) -> Login | None:
    """Return the login with this e-mail (`lowercase_key`), or None."""
    row = await connection.fetchrow(FIND, email_key)
    return Login(row["id"], row["password_hash"]) if row else None


async def password_hash(connection: Connection, user_id: UUID) -> str | None:
    """Return the user's password hash, or None."""
    kept: str | None = await connection.fetchval(PASSWORD_HASH, user_id)
    return kept


async def change_password(connection: Connection, user_id: UUID, old: str, new: str) -> bool:
    """Replace the hash; return False when the old one has changed."""
    return bool(await connection.fetchval(CHANGE_PASSWORD, user_id, old, new))


async def addressee(connection: Connection, user_id: UUID) -> MailAddressee | None:
    """Return the user as the addressee of mails.

    None while the sign-up is not complete, or the account's first event has not arrived.
    """
    row = await connection.fetchrow(ADDRESSEE, user_id)
    return MailAddressee(**row) if row else None


async def lock_addressee(connection: Connection, user_id: UUID) -> MailAddressee | None:
    """Return what `addressee` does, and lock the login until the transaction ends."""
    row = await connection.fetchrow(LOCK_ADDRESSEE, user_id)
    return MailAddressee(**row) if row else None


async def verify(connection: Connection, user_id: UUID, email_key: str) -> None:
    """Note that the user receives mail at this address."""
    await connection.execute(VERIFY, user_id, email_key)


async def set_password(
    connection: Connection, user_id: UUID, password_hash: str, email_key: str
) -> None:
    """Replace the password by a link that was sent to this address, which verifies it."""
    await connection.execute(SET_PASSWORD, user_id, password_hash, email_key)
