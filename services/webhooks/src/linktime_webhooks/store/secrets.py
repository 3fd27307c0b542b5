"""The secrets that sign an endpoint's deliveries."""

from datetime import timedelta
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_webhooks.domain.secrets import MOST_SECRETS, Secret

# By the clock, not the transaction's begin: the one created last signs first.
INSERT = """
    INSERT INTO endpoint_secrets (id, endpoint_id, sealed, created_at)
    VALUES ($1, $2, $3, clock_timestamp())
"""

VALID = """
    SELECT s.id, s.created_at, s.expires_at
      FROM endpoint_secrets s
      JOIN endpoints e ON e.id = s.endpoint_id
     WHERE e.owner_id = $1
       AND e.id = $2
       AND e.deleted_at IS NULL
       AND (s.expires_at IS NULL OR s.expires_at > now())
     ORDER BY s.created_at DESC, s.id
     LIMIT $3
"""

END = """
    UPDATE endpoint_secrets
       SET expires_at = least(expires_at, now() + $2::interval)
     WHERE endpoint_id = $1
"""

FORGET_EXPIRED = "DELETE FROM endpoint_secrets WHERE endpoint_id = $1 AND expires_at <= now()"

FORGET = "DELETE FROM endpoint_secrets WHERE endpoint_id = $1"


async def insert(
    connection: Connection, *, secret_id: UUID, endpoint_id: UUID, sealed: bytes
) -> None:
    """Add the secret that signs first; it is encrypted for the row `endpoints/<endpoint id>`."""
    await connection.execute(INSERT, secret_id, endpoint_id, sealed)


async def valid(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> list[Secret]:
    """Return the valid secrets, newest first."""
    rows = await connection.fetch(VALID, owner_id, endpoint_id, MOST_SECRETS)
    return [Secret(**row) for row in rows]


async def end_all(connection: Connection, endpoint_id: UUID, *, after: timedelta) -> None:
    """Let every secret expire at that time at the latest, and delete expired ones."""
    await connection.execute(END, endpoint_id, after)
    await connection.execute(FORGET_EXPIRED, endpoint_id)


async def forget(connection: Connection, endpoint_id: UUID) -> None:
    """Delete all secrets of an endpoint."""
    await connection.execute(FORGET, endpoint_id)
