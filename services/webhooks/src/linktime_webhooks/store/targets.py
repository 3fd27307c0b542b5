"""URLs, secrets and headers of endpoints, for sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection

LOAD = """
    SELECT e.id, e.owner_id, e.url, e.sealed_headers,
           ARRAY (SELECT s.sealed
                    FROM endpoint_secrets s
                   WHERE s.endpoint_id = e.id
                     AND (s.expires_at IS NULL OR s.expires_at > now())
                   ORDER BY s.created_at DESC, s.id DESC
                   LIMIT 3) AS sealed_secrets
      FROM endpoints e
     WHERE e.id = ANY ($1)
       AND e.deleted_at IS NULL
       AND e.disabled_at IS NULL
"""


@dataclass(frozen=True)
class SealedTarget:
    """An enabled endpoint, with encrypted secrets (newest first) and custom headers."""

    id: UUID
    owner_id: UUID
    url: str
    sealed_headers: bytes | None
    sealed_secrets: Sequence[bytes]


async def load(connection: Connection, endpoint_ids: Sequence[UUID]) -> list[SealedTarget]:
    """Return the targets of the enabled ones among these endpoints."""
    return [SealedTarget(**row) for row in await connection.fetch(LOAD, endpoint_ids)]
