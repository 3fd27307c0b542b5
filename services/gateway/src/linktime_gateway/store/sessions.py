"""SQL of the table `sessions`. Deletions notify all processes that cache sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.postgres import COMMAND_SECONDS, Connection
from linktime_gateway.domain.accounts import AccountStatus
from linktime_gateway.domain.sessions import LONGEST, LONGEST_IDLE, SessionGrant
from linktime_gateway.store.accounts import STATUS, account_status
from linktime_gateway.store.changes import CHANNEL

# Account and login are locked: a concurrent deactivation or password change waits, and then ends
# this session as well.
OPEN = """
    INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, made_under)
    SELECT $1, accounts.id, $3, $4, $4, logins.made_under
      FROM accounts
      JOIN logins ON logins.user_id = accounts.id
     WHERE accounts.id = $2
       AND accounts.active
       AND logins.password_hash = $5
       AND (accounts.credentials_valid_from IS NULL
            OR logins.made_under >= accounts.credentials_valid_from)
       FOR SHARE
    RETURNING id
"""

STORED = Columns("id", "user_id", "created_at", "last_seen_at", "made_under")

FIND_BY_HASH = f"""
    SELECT {STORED.qualified("sessions")}, {STATUS.qualified("accounts")}
      FROM sessions
      LEFT JOIN accounts ON accounts.id = sessions.user_id
     WHERE sessions.token_hash = $1
"""  # noqa: S608 - the columns are a constant

END = f"""
    WITH ended AS (
        DELETE FROM sessions
         WHERE token_hash = $1
        RETURNING user_id
    )
    SELECT pg_notify('{CHANNEL}', user_id::text) FROM ended
"""  # noqa: S608 - a constant of ours

END_ALL = f"""
    WITH ended AS (
        DELETE FROM sessions
         WHERE user_id = $1
           AND id IS DISTINCT FROM $2
        RETURNING user_id
    )
    SELECT pg_notify('{CHANNEL}', user_id::text) FROM ended GROUP BY user_id
"""  # noqa: S608 - a constant of ours

CLEAR = """
    DELETE FROM sessions
     WHERE created_at <= $1
        OR last_seen_at <= $2
"""


@dataclass(frozen=True)
class StoredSession:
    """A session and its user's account, or None when that is unknown."""

    id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime
    made_under: datetime | None
    owner: AccountStatus | None

    def grant(self, owner: AccountStatus) -> SessionGrant:
        """Return the grant for a user with this account."""
        return SessionGrant(
            self.id,
            self.user_id,
            owner.effective_plan,
            self.created_at,
            self.last_seen_at,
            self.made_under,
            owner.timezone,
        )


async def open_one(
    connection: Connection,
    *,
    session_id: UUID,
    user_id: UUID,
    token_hash: bytes,
    password_hash: str,
    now: datetime,
) -> bool:
    """Store a new session; return False when account or password have changed since the check."""
    opened = await connection.fetchval(OPEN, session_id, user_id, token_hash, now, password_hash)
    return opened is not None


async def find_by_hash(connection: Connection, token_hash: bytes) -> StoredSession | None:
    """Return the session with this hash, or None."""
    row = await connection.fetchrow(FIND_BY_HASH, token_hash)
    return StoredSession(**STORED.fields(row), owner=account_status(row)) if row else None


async def end(connection: Connection, token_hash: bytes) -> None:
    """Delete one session."""
    await connection.fetch(END, token_hash)


async def end_all(connection: Connection, user_id: UUID, *, but: UUID | None = None) -> None:
    """Delete the user's sessions except `but`."""
    await connection.fetch(END_ALL, user_id, but)


async def clear(connection: Connection, now: datetime) -> None:
    """Delete expired sessions."""
    await connection.execute(CLEAR, now - LONGEST, now - LONGEST_IDLE, timeout=COMMAND_SECONDS)
