"""The table of subscribers' endpoints."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_webhooks.domain.endpoint import MOST_ENDPOINTS, Endpoint
from linktime_webhooks.domain.errors import EndpointNotFound
from linktime_webhooks.store.health import BREAKER_UNTIL, HEALTH, PAUSED_UNTIL

CHANGED = "webhooks_endpoint_changed"
"""Channel that tells dispatchers to drop an endpoint from their caches."""

LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('endpoints/' || $1::text, 0))"

COUNT = "SELECT count(*) FROM endpoints WHERE owner_id = $1 AND deleted_at IS NULL"

CHOSEN = Columns("url", "events", "description", "sealed_headers", "rate_per_second")
ENDPOINT = CHOSEN + Columns(
    "id", "owner_id", "disabled_at", "disabled_reason", "created_at", "updated_at"
)

INSERT = f"""
    INSERT INTO endpoints (id, owner_id, {CHOSEN})
    VALUES ($1, $2, {CHOSEN.placeholders(first=3)})
"""  # noqa: S608 - the columns are a constant

INSERT_HEALTH = "INSERT INTO endpoint_health (endpoint_id) VALUES ($1)"

_READ = f"""
    SELECT {ENDPOINT.qualified("e")}, h.failing_since,
           {PAUSED_UNTIL} AS paused_until, {BREAKER_UNTIL} AS breaker_until
      FROM endpoints e
      LEFT JOIN endpoint_health h ON h.endpoint_id = e.id
     WHERE e.deleted_at IS NULL
"""  # noqa: S608 - the columns are a constant

LIST = f"{_READ} AND e.owner_id = $1 ORDER BY e.created_at, e.id LIMIT $2"

FIND = f"{_READ} AND e.owner_id = $1 AND e.id = $2"

# Blocks intake, replays and other changes of this endpoint until the transaction ends.
LOCK = f"{FIND} FOR NO KEY UPDATE OF e"

# Disabling or deleting waits for this transaction, and then sees the deliveries it added.
LOCK_FOR_DELIVERIES = f"{FIND} FOR SHARE OF e"

# For decisions about its health.
LOCK_IN_USE = f"{_READ} AND e.id = $1 AND e.disabled_at IS NULL FOR NO KEY UPDATE OF e"

SHARE_IN_USE = """
    SELECT true
      FROM endpoints
     WHERE id = $1
       AND deleted_at IS NULL
       AND disabled_at IS NULL
       FOR SHARE
"""

UPDATE = f"""
    UPDATE endpoints
       SET {CHOSEN.assignments(first=3)}, updated_at = now()
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
"""  # noqa: S608 - the columns are a constant

DISABLE = """
    UPDATE endpoints
       SET disabled_at = now(), disabled_reason = $3, updated_at = now()
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
       AND disabled_at IS NULL
"""

# Waits for processes that record results of the endpoint: then what they leave waiting is visible.
LOCK_HEALTH = "SELECT FROM endpoint_health WHERE endpoint_id = $1 FOR NO KEY UPDATE"

ENABLE = """
    UPDATE endpoints
       SET disabled_at = NULL, disabled_reason = NULL, updated_at = now()
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
       AND disabled_at IS NOT NULL
"""

# As for a new endpoint.
RESET_HEALTH = f"""
    UPDATE endpoint_health
       SET {HEALTH.without("last_success_at").assignments_of("DEFAULT")}
     WHERE endpoint_id = $1
"""  # noqa: S608 - the columns are a constant

DELETE = """
    UPDATE endpoints
       SET url = '', events = '{}', description = '', sealed_headers = NULL, deleted_at = now()
     WHERE owner_id = $1
       AND id = $2
       AND deleted_at IS NULL
"""

FORGET_HEALTH = "DELETE FROM endpoint_health WHERE endpoint_id = $1"

NOTIFY = "SELECT pg_notify($1, $2::text)"


async def count_for_insert(connection: Connection, owner_id: UUID) -> int:
    """Return how many endpoints the owner has; blocks other inserts until the transaction ends."""
    await connection.execute(LOCK_OWNER, str(owner_id))
    return int(await connection.fetchval(COUNT, owner_id))


async def insert(
    connection: Connection,
    *,
    endpoint_id: UUID,
    owner_id: UUID,
    url: str,
    events: list[str],
    description: str,
    sealed_headers: bytes | None,
    rate_per_second: int | None,
) -> None:
    await connection.execute(
        INSERT, endpoint_id, owner_id, url, events, description, sealed_headers, rate_per_second
    )
    await connection.execute(INSERT_HEALTH, endpoint_id)


async def list_of(connection: Connection, owner_id: UUID) -> list[Endpoint]:
    """Return all endpoints of one owner, oldest first."""
    return [_endpoint(row) for row in await connection.fetch(LIST, owner_id, MOST_ENDPOINTS)]


async def find(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> Endpoint:
    """Return the owner's endpoint; raises EndpointNotFound."""
    return await _one(connection, FIND, owner_id, endpoint_id)


async def lock(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> Endpoint:
    """Lock the endpoint for a change; raises EndpointNotFound."""
    return await _one(connection, LOCK, owner_id, endpoint_id)


async def lock_for_deliveries(
    connection: Connection, *, owner_id: UUID, endpoint_id: UUID
) -> Endpoint:
    """Lock the endpoint in share mode, to add deliveries; raises EndpointNotFound."""
    return await _one(connection, LOCK_FOR_DELIVERIES, owner_id, endpoint_id)


async def lock_in_use(connection: Connection, endpoint_id: UUID) -> Endpoint | None:
    """Lock any owner's endpoint; None if it is disabled or deleted."""
    row = await connection.fetchrow(LOCK_IN_USE, endpoint_id)
    return None if row is None else _endpoint(row)


async def share_in_use(connection: Connection, endpoint_id: UUID) -> bool:
    """Lock any owner's endpoint in share mode; return whether it is enabled."""
    return bool(await connection.fetchval(SHARE_IN_USE, endpoint_id))


async def update(connection: Connection, endpoint: Endpoint) -> None:
    """Write the fields that an owner chooses."""
    await connection.execute(UPDATE, endpoint.owner_id, endpoint.id, *CHOSEN.values(endpoint))


async def disable(
    connection: Connection, *, owner_id: UUID, endpoint_id: UUID, reason: str
) -> None:
    """Disable the endpoint; a disabled one keeps its reason.

    Waits for results that are being recorded; later ones find the endpoint disabled.
    """
    await connection.execute(DISABLE, owner_id, endpoint_id, reason)
    await connection.execute(LOCK_HEALTH, endpoint_id)


async def enable(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> None:
    """Enable the endpoint, with its failures reset."""
    await connection.execute(ENABLE, owner_id, endpoint_id)
    await connection.execute(RESET_HEALTH, endpoint_id)


async def delete(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> None:
    """Erase the endpoint and its health; raises EndpointNotFound."""
    if await connection.execute(DELETE, owner_id, endpoint_id) == "UPDATE 0":
        raise EndpointNotFound(endpoint_id=endpoint_id)
    await connection.execute(FORGET_HEALTH, endpoint_id)


async def changed(connection: Connection, endpoint_id: UUID) -> None:
    """Notify dispatchers when the transaction commits."""
    await connection.execute(NOTIFY, CHANGED, str(endpoint_id))


async def _one(connection: Connection, query: str, owner_id: UUID, endpoint_id: UUID) -> Endpoint:
    row = await connection.fetchrow(query, owner_id, endpoint_id)
    if row is None:
        raise EndpointNotFound(endpoint_id=endpoint_id)
    return _endpoint(row)


def _endpoint(row: Record) -> Endpoint:
    values: Mapping[str, Any] = dict(row)
    return Endpoint(**{**values, "events": tuple(values["events"])})
