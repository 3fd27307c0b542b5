"""The table of subscribers' endpoints."""

from uuid import UUID

from asyncpg import Record

from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_webhooks.domain.endpoint import MOST_ENDPOINTS, Endpoint
from linktime_webhooks.domain.errors import EndpointNotFound

CHANGED = "webhooks_endpoint_changed"
"""Notified with an endpoint's id when dispatchers shall forget what they know of it."""

NOTIFY = "SELECT pg_notify($1, $2)"

LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('endpoints/' || $1::text, 0))"

COUNT = "SELECT count(*) FROM endpoints WHERE owner_id = $1 AND deleted_at IS NULL"

INSERT = """
    WITH endpoint AS (
        INSERT INTO endpoints (id, owner_id, url, events)
        VALUES ($1, $2, $3, $4)
        RETURNING id, owner_id, url, events, created_at
    ),
    secret AS (
        INSERT INTO endpoint_secrets (id, endpoint_id, sealed)
        SELECT $5, id, $6 FROM endpoint
    ),
    health AS (
        INSERT INTO endpoint_health (endpoint_id) SELECT id FROM endpoint
    )
    SELECT id, owner_id, url, events, created_at FROM endpoint
"""

LIST = """
    SELECT id, owner_id, url, events, created_at
      FROM endpoints
     WHERE owner_id = $1
       AND deleted_at IS NULL
     ORDER BY created_at, id
     LIMIT $2
"""

FIND = """
    SELECT id, owner_id, url, events, created_at
      FROM endpoints
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
"""

CHANGE = """
    UPDATE endpoints
       SET url = coalesce($3, url), events = coalesce($4, events)
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
    RETURNING id, owner_id, url, events, created_at
"""

DELETE = """
    WITH deleted AS (
        UPDATE endpoints
           SET url = '', events = '{}', description = '', sealed_headers = NULL,
               deleted_at = now()
         WHERE owner_id = $1
           AND id = $2
           AND deleted_at IS NULL
        RETURNING id
    ),
    secrets AS (
        DELETE FROM endpoint_secrets WHERE endpoint_id IN (SELECT id FROM deleted)
    ),
    health AS (
        DELETE FROM endpoint_health WHERE endpoint_id IN (SELECT id FROM deleted)
    )
    SELECT id FROM deleted
"""

DISABLE = """
    UPDATE endpoints
       SET disabled_at = now(), disabled_reason = $2, updated_at = now()
     WHERE id = $1
       AND deleted_at IS NULL
       AND disabled_at IS NULL
    RETURNING id, owner_id, url, events, created_at
"""

LOCK_IN_USE = """
    SELECT id, owner_id, url, events, created_at
      FROM endpoints
     WHERE id = $1
       AND deleted_at IS NULL
       AND disabled_at IS NULL
       FOR UPDATE
"""


async def count_for_insert(connection: Connection, owner_id: UUID) -> int:
    """How many endpoints the owner has; nobody else adds one until the transaction ends."""
    await connection.execute(LOCK_OWNER, str(owner_id))
    return int(await connection.fetchval(COUNT, owner_id))


async def insert(
    connection: Connection,
    *,
    endpoint_id: UUID,
    owner_id: UUID,
    url: str,
    events: list[str],
    sealed_secret: bytes,
) -> Endpoint:
    rows = await connection.fetch(
        INSERT, endpoint_id, owner_id, url, events, new_id(), sealed_secret
    )
    return _endpoint(rows[0])


async def list_of(connection: Connection, owner_id: UUID) -> list[Endpoint]:
    """All endpoints of one owner, oldest first."""
    return [_endpoint(row) for row in await connection.fetch(LIST, owner_id, MOST_ENDPOINTS)]


async def find(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> Endpoint:
    """The owner's endpoint; raises EndpointNotFound."""
    row = await connection.fetchrow(FIND, owner_id, endpoint_id)
    if row is None:
        raise EndpointNotFound(endpoint_id=endpoint_id)
    return _endpoint(row)


async def change(
    connection: Connection,
    *,
    owner_id: UUID,
    endpoint_id: UUID,
    url: str | None,
    events: list[str] | None,
) -> Endpoint:
    """The endpoint with what is not None; raises EndpointNotFound."""
    row = await connection.fetchrow(CHANGE, owner_id, endpoint_id, url, events)
    if row is None:
        raise EndpointNotFound(endpoint_id=endpoint_id)
    await changed(connection, endpoint_id)
    return _endpoint(row)


async def delete(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> None:
    """Forget the endpoint's URL and secret; raises EndpointNotFound."""
    if not await connection.fetch(DELETE, owner_id, endpoint_id):
        raise EndpointNotFound(endpoint_id=endpoint_id)
    await changed(connection, endpoint_id)


async def disable(connection: Connection, endpoint_id: UUID, reason: str) -> Endpoint | None:
    """Send it nothing more, by our own decision; None when it is out of use already."""
    rows = await connection.fetch(DISABLE, endpoint_id, reason)
    await changed(connection, endpoint_id)
    return _endpoint(rows[0]) if rows else None


async def lock_in_use(connection: Connection, endpoint_id: UUID) -> Endpoint | None:
    """The endpoint, as it is until the transaction ends; None when it is out of use."""
    rows = await connection.fetch(LOCK_IN_USE, endpoint_id)
    return _endpoint(rows[0]) if rows else None


async def changed(connection: Connection, endpoint_id: UUID) -> None:
    """Let dispatchers know when the transaction commits."""
    await connection.execute(NOTIFY, CHANGED, str(endpoint_id))


def _endpoint(row: Record) -> Endpoint:
    return Endpoint(
        id=row["id"],
        owner_id=row["owner_id"],
        url=row["url"],
        events=tuple(row["events"]),
        created_at=row["created_at"],
    )
