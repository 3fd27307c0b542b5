"""Calls to the webhooks service as a user."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

# An IP address, which needs no name server.
NEW = {"url": "https://93.184.215.14/hook", "events": ["booking.created", "contact.created"]}
Answer = tuple[int, Any]
Ask = Callable[..., Awaitable[Answer]]


def as_user(webhooks: Running, user_id: UUID) -> Ask:
    """Return a caller with that user's session, below their webhooks."""

    async def call(method: str, path: str = "", body: Any = None, key: str = "") -> Answer:
        headers = webhooks.identity(CallerKind.SESSION, subject=user_id)
        if key:
            headers["Idempotency-Key"] = key
        url = f"{webhooks.url}/dashboard/api/webhooks{path}"
        async with webhooks.session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    return call
