"""Deletes what is left of an owner's endpoints, when no delivery is waiting any more."""

from collections.abc import Sequence
from uuid import UUID

from linktime_common.postgres import Connection

BATCH = 500

# Also deleted ones: their deliveries stay as long as those of others.
ENDPOINTS = "SELECT id FROM endpoints WHERE owner_id = $1 ORDER BY id"

HAVE_LIVE = "SELECT EXISTS (SELECT FROM deliveries WHERE endpoint_id = ANY ($1))"

# An event is stored for its deliveries only, so it ends with the first of them.
DELETE_ENDED = """
    WITH chosen AS MATERIALIZED (
        SELECT id, finished_at, event_id, event_created_at
          FROM delivery_history
         WHERE endpoint_id = $1
         LIMIT $2
    ),
    tries AS (
        DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM chosen)
    ),
    bodies AS (
        DELETE FROM events
         WHERE (created_at, id) IN (SELECT event_created_at, event_id FROM chosen)
    ),
    gone AS (
        DELETE FROM delivery_history
         WHERE (id, finished_at) IN (SELECT id, finished_at FROM chosen)
    )
    SELECT count(*) FROM chosen
"""

DELETE_REPLAYS = """
    DELETE FROM replays
     WHERE endpoint_id IN (SELECT id FROM endpoints WHERE owner_id = $1)
"""

# Secrets, health and turns go with them.
DELETE_ENDPOINTS = "DELETE FROM endpoints WHERE owner_id = $1"


async def endpoints_of(connection: Connection, owner_id: UUID) -> list[UUID]:
    """Return the ids of all endpoints that the owner has or had."""
    return [row["id"] for row in await connection.fetch(ENDPOINTS, owner_id)]


async def have_live(connection: Connection, endpoint_ids: Sequence[UUID]) -> bool:
    """Return whether a delivery waits or is being sent."""
    return bool(await connection.fetchval(HAVE_LIVE, endpoint_ids))


async def delete_ended(connection: Connection, endpoint_id: UUID) -> bool:
    """Delete a batch of ended deliveries with attempts and events; return whether there was one."""
    return bool(await connection.fetchval(DELETE_ENDED, endpoint_id, BATCH))


async def delete_endpoints(connection: Connection, owner_id: UUID) -> None:
    """Delete all endpoints of the owner with their replays, secrets and health."""
    await connection.execute(DELETE_REPLAYS, owner_id)
    await connection.execute(DELETE_ENDPOINTS, owner_id)
