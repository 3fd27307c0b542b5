"""The table `scim_tokens`."""

from datetime import datetime
from uuid import UUID

from linktime_common.contracts.internal_api.gateway import ScimToken
from linktime_common.postgres import Connection
from linktime_gateway.domain.credentials import Issued

INSERT = """
    INSERT INTO scim_tokens (id, organization_id, name, token_hash, prefix, last4, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

LIST = """
    SELECT id, name, prefix, last4, created_at, last_used_at, revoked_at
      FROM scim_tokens
     WHERE organization_id = $1
     ORDER BY created_at DESC, id
     LIMIT 1000
"""

REVOKE = """
    UPDATE scim_tokens
       SET revoked_at = coalesce(revoked_at, $3)
     WHERE organization_id = $1
       AND id = $2
    RETURNING true
"""


async def insert(
    connection: Connection,
    *,
    token_id: UUID,
    organization_id: UUID,
    name: str,
    issued: Issued,
    now: datetime,
) -> None:
    """Keep a new token's hash."""
    await connection.execute(
        INSERT, token_id, organization_id, name, issued.hash, issued.prefix, issued.last4, now
    )


async def list_of(connection: Connection, organization_id: UUID) -> list[ScimToken]:
    """The organization's tokens, newest first, revoked ones too."""
    return [ScimToken(**dict(row)) for row in await connection.fetch(LIST, organization_id)]


async def revoke(
    connection: Connection, *, organization_id: UUID, token_id: UUID, now: datetime
) -> bool:
    """End a token's life; once more changes nothing. False when there is no such token."""
    return bool(await connection.fetchval(REVOKE, organization_id, token_id, now))
