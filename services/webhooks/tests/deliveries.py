"""Stores events for endpoints, and reads their deliveries."""

from uuid import UUID

from linktime_common.contracts.events import Event
from linktime_webhooks.deps import Deps
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, add_endpoint
from linktime_webhooks.use_cases.store_events import store_events

ALL = ["booking.created", "contact.created"]
LIVE = "SELECT attempt, crashes FROM deliveries"
ENDED = "SELECT state, attempt FROM delivery_history"
REASONS = "SELECT reason FROM attempts ORDER BY at"


async def subscribe(
    deps: Deps, owner: UUID, url: str, events: list[str] | None = None
) -> tuple[UUID, str]:
    endpoint, secret = await add_endpoint(AddEndpoint(owner, url, events or ALL), deps)
    return endpoint.id, secret


async def take_in(deps: Deps, *events: Event) -> None:
    async with deps.database.transaction() as connection:
        await store_events(connection, events)


async def rows(deps: Deps, query: str) -> list[tuple[object, ...]]:
    async with deps.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(query)]
