"""Subscribers' endpoints and what is sent to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from linktime_common.contracts.internal_api.webhooks import (
    Deliveries,
    Delivery,
    Endpoint,
    EndpointChange,
    Endpoints,
    MadeEndpoint,
    NewEndpoint,
    Replayed,
    ReplayRange,
    RotatedSecret,
    RotateSecret,
    SendTest,
)
from linktime_common.http.client import Answered
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import users

NOT_FOUND = 404

Reply = TypeVar("Reply", bound=BaseModel)


async def create(clients: Clients, email: str, url: str, events: list[str]) -> MadeEndpoint:
    """A new endpoint of the user; its secret is shown this once."""
    body = NewEndpoint(url=url, events=events)
    return await _call(clients, email, "POST", "", MadeEndpoint, body=body)


async def list_of(clients: Clients, email: str) -> Endpoints:
    """The user's endpoints, oldest first."""
    return await _call(clients, email, "GET", "", Endpoints)


async def find(clients: Clients, email: str, endpoint_id: UUID) -> Endpoint:
    """One endpoint."""
    return await _call(clients, email, "GET", f"/{endpoint_id}", Endpoint)


async def switch(clients: Clients, email: str, endpoint_id: UUID, *, on: bool) -> Endpoint:
    """Send to the endpoint again, or no more."""
    body = EndpointChange(active=on)
    return await _call(clients, email, "PATCH", f"/{endpoint_id}", Endpoint, body=body)


async def rotate(
    clients: Clients, email: str, endpoint_id: UUID, *, overlap_hours: int
) -> RotatedSecret:
    """A new secret, shown this once; the older ones sign beside it for a while."""
    path = f"/{endpoint_id}/secrets/rotate"
    body = RotateSecret(overlap_hours=overlap_hours)
    return await _call(clients, email, "POST", path, RotatedSecret, body=body)


async def deliveries(
    clients: Clients, email: str, endpoint_id: UUID, query: Mapping[str, str]
) -> Deliveries:
    """What was and is to be sent to the endpoint, newest first; `query` as the API takes it."""
    path = f"/{endpoint_id}/deliveries"
    return await _call(clients, email, "GET", path, Deliveries, query=dict(query))


async def replay(clients: Clients, email: str, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    """Send what a delivery carried again: the live delivery of it."""
    path = f"/{endpoint_id}/deliveries/{delivery_id}/replay"
    return await _call(clients, email, "POST", path, Delivery)


async def replay_range(
    clients: Clients, email: str, endpoint_id: UUID, *, since: datetime, until: datetime
) -> Replayed:
    """Send again what failed or was suppressed of the events of a range."""
    body = ReplayRange(since=since, until=until)
    return await _call(clients, email, "POST", f"/{endpoint_id}/replay", Replayed, body=body)


async def send_test(clients: Clients, email: str, endpoint_id: UUID, event_type: str) -> Delivery:
    """Try the endpoint out with a sample event."""
    body = SendTest(event_type=event_type)
    return await _call(clients, email, "POST", f"/{endpoint_id}/test", Delivery, body=body)


async def _call(
    clients: Clients,
    email: str,
    method: str,
    path: str,
    reply: type[Reply],
    *,
    body: BaseModel | None = None,
    query: dict[str, str] | None = None,
) -> Reply:
    user_id = await users.find_id(clients, email)
    below = f"/internal/users/{user_id}/endpoints{path}"
    try:
        return await clients.call("webhooks", method, below, reply, body=body, query=query)
    except Answered as answered:
        if answered.status != NOT_FOUND:
            raise
        raise OperatorError(
            f"{email}: {answered.error}. See `linktime webhook list --user {email}`."
        ) from answered
