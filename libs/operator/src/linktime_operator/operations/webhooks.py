"""Subscribers' endpoints."""

from linktime_common.contracts.internal_api.webhooks import Endpoints, MadeEndpoint, NewEndpoint
from linktime_operator.clients import Clients
from linktime_operator.operations import users


async def create(clients: Clients, email: str, url: str, events: list[str]) -> MadeEndpoint:
    """A new endpoint of the user; its secret is shown this once."""
    user_id = await users.find_id(clients, email)
    body = NewEndpoint(url=url, events=events)
    path = f"/internal/users/{user_id}/endpoints"
    return await clients.call("webhooks", "POST", path, MadeEndpoint, body=body)


async def list_of(clients: Clients, email: str) -> Endpoints:
    """The user's endpoints, oldest first."""
    user_id = await users.find_id(clients, email)
    return await clients.call("webhooks", "GET", f"/internal/users/{user_id}/endpoints", Endpoints)
