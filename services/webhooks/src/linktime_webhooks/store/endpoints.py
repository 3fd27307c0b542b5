"""The table of subscribers' endpoints."""

from uuid import UUID

from asyncpg import Record

from linktime_common.postgres import Connection
from linktime_webhooks.domain.endpoint import MOST_ENDPOINTS, Endpoint
from linktime_webhooks.domain.errors import EndpointNotFound

LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('endpoints/' || $1::text, 0))"

COUNT = "SELECT count(*) FROM endpoints WHERE owner_id = $1 AND deleted_at IS NULL"

INSERT = """
    INSERT INTO endpoints (id, owner_id, url, events, sealed_secret)
    VALUES ($1, $2, $3, $4, $5)
    RETURNING id, owner_id, url, events, created_at
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
    UPDATE endpoints
       SET url = '', events = '{}', sealed_secret = '', deleted_at = now()
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
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
    rows = await connection.fetch(INSERT, endpoint_id, owner_id, url, events, sealed_secret)
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
    return _endpoint(row)


async def delete(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> None:
    """Forget the endpoint's URL and secret; raises EndpointNotFound."""
    if await connection.execute(DELETE, owner_id, endpoint_id) == "UPDATE 0":
        raise EndpointNotFound(endpoint_id=endpoint_id)


def _endpoint(row: Record) -> Endpoint:
    return Endpoint(
        id=row["id"],
        owner_id=row["owner_id"],
        url=row["url"],
        events=tuple(row["events"]),
        created_at=row["created_at"],
    )
