"""Webhook endpoints and their deliveries."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from linktime_common.contracts.internal_api.webhooks import (
    Deliveries,
    DeliveryView,
    DeliveryWithAttempts,
    EndpointChange,
    Endpoints,
    EndpointView,
    MadeEndpoint,
    NewEndpoint,
    RangeReplayView,
    ReplayRange,
    RotatedSecret,
    RotateSecretRequest,
    SendTest,
)
from linktime_common.http.client import Answered
from linktime_common.http.models import Done
from linktime_operator.clients import Clients, refusal
from linktime_operator.errors import OperatorError
from linktime_operator.operations import users

NOT_FOUND = 404
ASKED_AT_ONCE = 8
POLL_SECONDS = 0.2

Reply = TypeVar("Reply", bound=BaseModel)


async def create(clients: Clients, email: str, url: str, events: list[str]) -> MadeEndpoint:
    """Create an endpoint of the user; its secret is returned only once."""
    body = NewEndpoint(url=url, events=events)
    return await _call(clients, email, "POST", "", MadeEndpoint, body=body)


async def list_of(clients: Clients, email: str) -> Endpoints:
    """Return the user's endpoints, oldest first."""
    return await _call(clients, email, "GET", "", Endpoints)


async def find(clients: Clients, email: str, endpoint_id: UUID) -> EndpointView:
    """Return one endpoint."""
    return await _call(clients, email, "GET", f"/{endpoint_id}", EndpointView)


async def change(
    clients: Clients, email: str, endpoint_id: UUID, change: EndpointChange
) -> EndpointView:
    """Change the set fields of `change`."""
    return await _call(clients, email, "PATCH", f"/{endpoint_id}", EndpointView, body=change)


async def delete(clients: Clients, email: str, endpoint_id: UUID) -> None:
    """Delete the endpoint and its pending deliveries."""
    await _call(clients, email, "DELETE", f"/{endpoint_id}", Done)


async def rotate(
    clients: Clients, email: str, endpoint_id: UUID, *, overlap_hours: int
) -> RotatedSecret:
    """Create a new secret, returned only once; older ones stay valid for the overlap."""
    path = f"/{endpoint_id}/secrets/rotate"
    body = RotateSecretRequest(overlap_hours=overlap_hours)
    return await _call(clients, email, "POST", path, RotatedSecret, body=body)


async def deliveries(
    clients: Clients, email: str, endpoint_id: UUID, query: Mapping[str, str]
) -> Deliveries:
    """Return the endpoint's deliveries, newest first; `query` as in the API."""
    path = f"/{endpoint_id}/deliveries"
    return await _call(clients, email, "GET", path, Deliveries, query=dict(query))


async def delivery(
    clients: Clients, email: str, endpoint_id: UUID, delivery_id: UUID
) -> DeliveryWithAttempts:
    """Return one delivery with its attempts."""
    path = f"/{endpoint_id}/deliveries/{delivery_id}"
    return await _call(clients, email, "GET", path, DeliveryWithAttempts)


async def with_attempts(
    clients: Clients, email: str, endpoint_id: UUID, listed: Sequence[DeliveryView]
) -> list[DeliveryWithAttempts]:
    """Return these deliveries with their attempts."""
    turn = asyncio.Semaphore(ASKED_AT_ONCE)

    async def one(of: DeliveryView) -> DeliveryWithAttempts:
        async with turn:
            return await delivery(clients, email, endpoint_id, of.id)

    return list(await asyncio.gather(*map(one, listed)))


async def ended(
    clients: Clients, email: str, endpoint_id: UUID, delivery_id: UUID, *, within: float
) -> DeliveryWithAttempts:
    """Return the delivery when it has ended, or its state after `within` seconds."""
    until = time.monotonic() + within
    while True:
        found = await delivery(clients, email, endpoint_id, delivery_id)
        if found.state != "pending" or time.monotonic() > until:
            return found
        await asyncio.sleep(POLL_SECONDS)


async def replay(
    clients: Clients, email: str, endpoint_id: UUID, delivery_id: UUID
) -> DeliveryView:
    """Send the event of a delivery again; returns its pending delivery."""
    path = f"/{endpoint_id}/deliveries/{delivery_id}/replay"
    return await _call(clients, email, "POST", path, DeliveryView)


async def replay_range(
    clients: Clients,
    email: str,
    endpoint_id: UUID,
    *,
    since: datetime,
    until: datetime,
    states: list[str] | None,
    within: float,
) -> RangeReplayView:
    """Send again the events of a range whose last delivery ended in `states`.

    Without `states`, all that were not delivered. Returns the replay when it has ended, or its
    state after `within` seconds.
    """
    latest = time.monotonic() + within
    body = ReplayRange(since=since, until=until, states=states)
    found = await _call(
        clients, email, "POST", f"/{endpoint_id}/replay", RangeReplayView, body=body
    )
    path = f"/{endpoint_id}/replays/{found.id}"
    while found.state == "running" and time.monotonic() < latest:
        await asyncio.sleep(POLL_SECONDS)
        found = await _call(clients, email, "GET", path, RangeReplayView)
    return found


async def send_test(
    clients: Clients, email: str, endpoint_id: UUID, event_type: str
) -> DeliveryView:
    """Send a sample event to the endpoint."""
    body = SendTest(event_type=event_type)
    return await _call(clients, email, "POST", f"/{endpoint_id}/test", DeliveryView, body=body)


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
        see = f"list --user {email}"
        if path.count("/") > 1 and not answered.error.startswith("Webhook "):
            endpoint_id = path.split("/")[1]
            see = f"deliveries --user {email} --id {endpoint_id}"
        raise OperatorError(
            f"{email}: {answered.error}. See `linktime webhook {see}`.",
            code=refusal(answered).code,
        ) from answered
