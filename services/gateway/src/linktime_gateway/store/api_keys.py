"""The table `api_keys`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.gateway import ApiKey
from linktime_common.postgres import Connection
from linktime_gateway.domain.credentials import Issued
from linktime_gateway.store.changes import CHANNEL

INSERT = """
    INSERT INTO api_keys (id, user_id, name, key_hash, prefix, last4, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

LIST = """
    SELECT id, name, prefix, last4, created_at, expires_at, last_used_at, revoked_at
      FROM api_keys
     WHERE user_id = $1
     ORDER BY created_at DESC, id
     LIMIT 1000
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
           accounts.effective_plan, accounts.active
      FROM api_keys
      LEFT JOIN accounts ON accounts.id = api_keys.user_id
     WHERE api_keys.key_hash = $1
"""


@dataclass(frozen=True)
class StoredKey:
    """A key with what is known of its owner: `plan` and `active` are None when nothing is."""

    id: UUID
    user_id: UUID
    expires_at: datetime | None
    revoked_at: datetime | None
    plan: Plan | None
    active: bool | None


async def insert(
    connection: Connection,
    *,
    key_id: UUID,
    user_id: UUID,
    name: str,
    issued: Issued,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Keep a new key's hash."""
    await connection.execute(
        INSERT, key_id, user_id, name, issued.hash, issued.prefix, issued.last4, now, expires_at
    )


async def list_of(connection: Connection, user_id: UUID) -> list[ApiKey]:
    """The user's keys, newest first, revoked ones too."""
    return [ApiKey(**dict(row)) for row in await connection.fetch(LIST, user_id)]


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
        plan=Plan(row["effective_plan"]) if row["effective_plan"] else None,
        active=row["active"],
    )
