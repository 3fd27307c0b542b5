"""The table `scim_tokens`."""

from datetime import datetime
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_gateway.domain.credentials import Issued

INSERT = """
    INSERT INTO scim_tokens (id, organization_id, token_hash, prefix, last4, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


async def insert(
    connection: Connection,
    *,
    token_id: UUID,
    organization_id: UUID,
    issued: Issued,
    now: datetime,
) -> None:
    """Keep a new token's hash."""
    await connection.execute(
        INSERT, token_id, organization_id, issued.hash, issued.prefix, issued.last4, now
    )
