"""The table `api_keys`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.internal_api.gateway import ApiKey
from linktime_common.postgres import Connection
from linktime_gateway.domain.accounts import Standing
from linktime_gateway.domain.credentials import Issued
from linktime_gateway.store.accounts import standing
from linktime_gateway.store.changes import CHANNEL

INSERT = """
    INSERT INTO api_keys (id, user_id, name, key_hash, prefix, last4, created_at, expires_at,
                          made_under)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

# Transactions that count before they insert take turns.
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

# One that was ended with all others of its account is shown as revoked.
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

FIND_BY_HASH = """
    SELECT api_keys.id, api_keys.user_id, api_keys.expires_at, api_keys.revoked_at,
           api_keys.made_under,
           accounts.effective_plan, accounts.active, accounts.credentials_valid_from
      FROM api_keys
      LEFT JOIN accounts ON accounts.id = api_keys.user_id
     WHERE api_keys.key_hash = $1
"""


@dataclass(frozen=True)
class StoredKey:
    """A key with what is known of its owner's account, if anything is."""

    id: UUID
    user_id: UUID
    expires_at: datetime | None
    revoked_at: datetime | None
    made_under: datetime | None
    owner: Standing | None


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
    """Keep a new key's hash."""
    await connection.execute(
        INSERT,
        key_id,
        user_id,
        name,
        issued.hash,
        issued.prefix,
        issued.last4,
        now,
        expires_at,
        made_under,
    )


async def count_live_for_insert(connection: Connection, user_id: UUID, now: datetime) -> int:
    """How many of the user's keys open something.

    Until the transaction ends, others that count this user's keys wait here.
    """
    await connection.execute(LOCK_OWNER, user_id)
    return int(await connection.fetchval(COUNT_LIVE, user_id, now))


async def count(connection: Connection, user_id: UUID) -> int:
    """How many keys the user has, revoked ones too."""
    return int(await connection.fetchval(COUNT, user_id))


async def list_of(
    connection: Connection, user_id: UUID, *, limit: int, offset: int
) -> list[ApiKey]:
    """The user's keys, newest first, revoked ones too."""
    rows = await connection.fetch(LIST, user_id, limit, offset)
    return [ApiKey(**dict(row)) for row in rows]


async def revoke(connection: Connection, *, user_id: UUID, key_id: UUID, now: datetime) -> bool:
    """End a key's life; once more changes nothing. False when the user has no such key."""
    return bool(await connection.fetch(REVOKE, user_id, key_id, now))


async def find_by_hash(connection: Connection, key_hash: bytes) -> StoredKey | None:
    """The key with this hash, with its owner's account where that is known."""
    row = await connection.fetchrow(FIND_BY_HASH, key_hash)
    if row is None:
        return None
    return StoredKey(
        id=row["id"],
        user_id=row["user_id"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        made_under=row["made_under"],
        owner=standing(row),
    )
