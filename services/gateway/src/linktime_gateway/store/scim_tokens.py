"""SQL of the table `scim_tokens`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.contracts.internal_api.gateway import ScimToken
from linktime_common.postgres import Connection
from linktime_gateway.domain.credentials import Issued
from linktime_gateway.store.changes import CHANNEL

ISSUED = Columns("prefix", "last4", hash="token_hash")
INSERTED = ISSUED + Columns("id", "organization_id", "name", "created_at")

INSERT = f"""
    INSERT INTO scim_tokens ({INSERTED})
    VALUES ({INSERTED.placeholders()})
"""  # noqa: S608 - the columns are a constant

# Serializes transactions that count before they insert.
LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('scim_tokens/' || $1::uuid, 0))"

COUNT_LIVE = """
    SELECT count(*)
      FROM scim_tokens
     WHERE organization_id = $1
       AND revoked_at IS NULL
"""

COUNT = "SELECT count(*) FROM scim_tokens WHERE organization_id = $1"

LIST = """
    SELECT id, name, prefix, last4, created_at, last_used_at, revoked_at
      FROM scim_tokens
     WHERE organization_id = $1
     ORDER BY created_at DESC, id
     LIMIT $2
    OFFSET $3
"""

REVOKE = f"""
    WITH revoked AS (
        UPDATE scim_tokens
           SET revoked_at = coalesce(revoked_at, $3)
         WHERE organization_id = $1
           AND id = $2
        RETURNING organization_id
    )
    SELECT pg_notify('{CHANNEL}', organization_id::text) FROM revoked
"""  # noqa: S608 - a constant of ours

FIND_BY_HASH = """
    SELECT id, organization_id, revoked_at
      FROM scim_tokens
     WHERE token_hash = $1
"""


@dataclass(frozen=True)
class StoredToken:
    id: UUID
    organization_id: UUID
    revoked_at: datetime | None


async def insert(
    connection: Connection,
    *,
    token_id: UUID,
    organization_id: UUID,
    name: str,
    issued: Issued,
    now: datetime,
) -> None:
    """Store a new token."""
    values = [*ISSUED.values(issued), token_id, organization_id, name, now]
    await connection.execute(INSERT, *values)


async def count_live_for_insert(connection: Connection, organization_id: UUID) -> int:
    """Return the number of the organization's live tokens.

    Locks this count for the organization until the transaction ends.
    """
    await connection.execute(LOCK_OWNER, organization_id)
    return int(await connection.fetchval(COUNT_LIVE, organization_id))


async def count(connection: Connection, organization_id: UUID) -> int:
    """Return the number of the organization's tokens, including revoked ones."""
    return int(await connection.fetchval(COUNT, organization_id))


async def list_of(
    connection: Connection, organization_id: UUID, *, limit: int, offset: int
) -> list[ScimToken]:
    """Return the organization's tokens, newest first, including revoked ones."""
    rows = await connection.fetch(LIST, organization_id, limit, offset)
    return [ScimToken(**dict(row)) for row in rows]


async def revoke(
    connection: Connection, *, organization_id: UUID, token_id: UUID, now: datetime
) -> bool:
    """Revoke a token, at most once. Return False when there is no such token."""
    return bool(await connection.fetch(REVOKE, organization_id, token_id, now))


async def find_by_hash(connection: Connection, token_hash: bytes) -> StoredToken | None:
    """Return the token with this hash, or None."""
    row = await connection.fetchrow(FIND_BY_HASH, token_hash)
    return StoredToken(**row) if row else None
