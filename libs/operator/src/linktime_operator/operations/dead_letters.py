"""Dead-lettered messages of consumers."""

from uuid import UUID

from linktime_common.contracts.events import EVENTS
from linktime_common.contracts.internal_api.parked import (
    ParkedCount,
    ParkedMessage,
    ParkedMessages,
    ParkedSelection,
)
from linktime_operator.clients import LONG_CALL_SECONDS, Clients

PAGE = 100
CONSUMERS = tuple(
    sorted({consumer.split(".")[0] for event in EVENTS for consumer in event.consumers})
)
"""The services that consume events, and so may dead-letter them."""


async def first_page(clients: Clients, service: str) -> list[ParkedMessage]:
    """Return the oldest messages of one service, at most PAGE."""
    query = {"limit": str(PAGE)}
    page = await clients.call(
        service, "GET", "/internal/parked-messages", ParkedMessages, query=query
    )
    return page.data


async def list_parked(clients: Clients, service: str) -> list[ParkedMessage]:
    """Return all messages of one service, oldest first."""
    found: list[ParkedMessage] = []
    query = {"limit": str(PAGE)}
    while True:
        page = await clients.call(
            service, "GET", "/internal/parked-messages", ParkedMessages, query=query
        )
        found += page.data
        if len(page.data) < PAGE:
            return found
        query["after"] = str(page.data[-1].id)


async def replay(clients: Clients, service: str, ids: list[UUID] | None) -> int:
    """Send these (all, when None) to their consumer again; returns how many."""
    return await _do(clients, service, "replay", ids)


async def drop(clients: Clients, service: str, ids: list[UUID] | None) -> int:
    """Delete these (all, when None); returns how many."""
    return await _do(clients, service, "drop", ids)


async def _do(clients: Clients, service: str, verb: str, ids: list[UUID] | None) -> int:
    done = await clients.call(
        service,
        "POST",
        f"/internal/parked-messages/{verb}",
        ParkedCount,
        body=ParkedSelection(ids=ids),
        seconds=LONG_CALL_SECONDS,
    )
    return done.count
