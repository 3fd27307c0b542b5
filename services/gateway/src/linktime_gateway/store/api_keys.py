"""SQL of the table `api_keys`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.contracts.internal_api.gateway import ApiKey
from linktime_common.postgres import Connection
from linktime_gateway.domain.accounts import AccountStatus
from linktime_gateway.domain.credentials import Issued
from linktime_gateway.store.accounts import STATUS, account_status
from linktime_gateway.store.changes import CHANNEL

ISSUED = Columns("prefix", "last4", hash="key_hash")
INSERTED = ISSUED + Columns("id", "user_id", "name", "created_at", "expires_at", "made_under")
STORED = Columns("id", "user_id", "expires_at", "revoked_at", "made_under")

INSERT = f"""
    INSERT INTO api_keys ({INSERTED})
    VALUES ({INSERTED.placeholders()})
"""  # noqa: S608 - the columns are a constant

# Serializes transactions that count before they insert.
LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('api_keys/' || $1::uuid, 0))"

COUNT_LIVE = """
    SELECT count(*)
      FROM api_keys
      LEFT JOIN accounts ON accounts.id = api_keys.user_id
     WHERE user_id = $1
       AND revoked_at IS NULL
       AND (expires_at IS NULL OR expires_at > $2)
       AND (credentials_valid_from IS NULL OR made_under >= credentials_valid_from)
"""

COUNT = "SELECT count(*) FROM api_keys WHERE user_id = $1"

# A key ended by credentials_valid_from is listed as revoked.
LIST = """
    SELECT api_keys.id, api_keys.name, prefix, last4, created_at, expires_at, last_used_at,
           CASE WHEN credentials_valid_from IS NULL OR made_under >= credentials_valid_from
                THEN revoked_at
                ELSE coalesce(revoked_at, credentials_valid_from)
           END AS revoked_at
      FROM api_keys
      LEFT JOIN accounts ON accounts.id = api_keys.user_id
     WHERE user_id = $1
     ORDER BY created_at DESC, id
     LIMIT $2
    OFFSET $3
"""

REVOKE = f"""
    WITH revoked AS (
        UPDATE api_keys
           SET revoked_at = coalesce(revoked_at, $3)
         WHERE user_id = $1
           AND id = $2
        RETURNING user_id
    )
    SELECT pg_notify('{CHANNEL}', user_id::text) FROM revoked
"""  # noqa: S608 - a constant of ours

FIND_BY_HASH = f"""
    SELECT {STORED.qualified("api_keys")}, {STATUS.qualified("accounts")}
      FROM api_keys
      LEFT JOIN accounts ON accounts.id = api_keys.user_id
     WHERE api_keys.key_hash = $1
"""  # noqa: S608 - the columns are a constant


@dataclass(frozen=True)
class StoredKey:
    """A key and its owner's account, or None when that is unknown."""

    id: UUID
    user_id: UUID
    expires_at: datetime | None
    revoked_at: datetime | None
    made_under: datetime | None
    owner: AccountStatus | None


async def insert(
    connection: Connection,
    *,
    key_id: UUID,
    user_id: UUID,
    name: str,
    issued: Issued,
    expires_at: datetime | None,
    made_under: datetime | None,
    now: datetime,
) -> None:
    """Store a new key."""
    values = [*ISSUED.values(issued), key_id, user_id, name, now, expires_at, made_under]
    await connection.execute(INSERT, *values)


async def count_live_for_insert(connection: Connection, user_id: UUID, now: datetime) -> int:
    """Return the number of the user's live keys.

    Locks this count for the user until the transaction ends.
    """
    await connection.execute(LOCK_OWNER, user_id)
    return int(await connection.fetchval(COUNT_LIVE, user_id, now))


async def count(connection: Connection, user_id: UUID) -> int:
    """Return the number of the user's keys, including revoked ones."""
    return int(await connection.fetchval(COUNT, user_id))


async def list_of(
    connection: Connection, user_id: UUID, *, limit: int, offset: int
) -> list[ApiKey]:
    """Return the user's keys, newest first, including revoked ones."""
    rows = await connection.fetch(LIST, user_id, limit, offset)
    return [ApiKey(**dict(row)) for row in rows]


async def revoke(connection: Connection, *, user_id: UUID, key_id: UUID, now: datetime) -> bool:
    """Revoke a key, at most once. Return False when the user has no such key."""
    return bool(await connection.fetch(REVOKE, user_id, key_id, now))


async def find_by_hash(connection: Connection, key_hash: bytes) -> StoredKey | None:
    """Return the key with this hash, or None."""
    row = await connection.fetchrow(FIND_BY_HASH, key_hash)
    return StoredKey(**STORED.fields(row), owner=account_status(row)) if row else None
