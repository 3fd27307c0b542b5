"""Event types and schedules of hosts."""

from typing import Any
from urllib.parse import quote

from pydantic import RootModel

from linktime_common.contracts.internal_api.availability import MadeEventType
from linktime_operator.clients import Clients
from linktime_operator.operations import users

Document = RootModel[dict[str, Any]]
"""JSON that is passed on unchanged: availability validates it."""


async def make_event_type(clients: Clients, email: str, document: dict[str, Any]) -> MadeEventType:
    """Create an event type of the host, from the JSON of an event type's detail."""
    host_id = await users.find_id(clients, email)
    path = f"/internal/hosts/{host_id}/event-types"
    return await clients.call("availability", "POST", path, MadeEventType, body=Document(document))


async def set_schedule(clients: Clients, email: str, document: dict[str, Any]) -> dict[str, Any]:
    """Replace the host's weekly hours and overrides; returns the new schedule."""
    host_id = await users.find_id(clients, email)
    path = f"/internal/hosts/{host_id}/schedule"
    answer = await clients.call("availability", "PUT", path, Document, body=Document(document))
    return answer.root


async def explain(clients: Clients, email: str, slug: str, query: dict[str, str]) -> dict[str, Any]:
    """Return why the starts of a date, or one instant, can or cannot be booked."""
    host_id = await users.find_id(clients, email)
    path = f"/internal/hosts/{host_id}/availability/{quote(slug, safe='')}/explain"
    answer = await clients.call("availability", "GET", path, Document, query=query)
    return answer.root
