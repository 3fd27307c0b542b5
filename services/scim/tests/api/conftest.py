"""The directory answering over HTTP, one for all tests of a module."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import pytest

from linktime_common.identity import Door
from linktime_common.ids import new_id
from linktime_common.process import Role
from linktime_common.testing.services import Running, running
from linktime_scim.app import SERVICE

Answer = tuple[int, Any]
Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture(scope="module")
async def scim(
    fresh_dsn: Callable[[], AbstractAsyncContextManager[str]],
) -> AsyncIterator[Running]:
    async with (
        fresh_dsn() as dsn,
        running(SERVICE, Role.SERVE, postgres_dsn=dsn, broker_url="amqp://unused") as running_scim,
    ):
        yield running_scim


@pytest.fixture(scope="module")
def ask(scim: Running) -> Ask:
    """Call an internal route as the operator, or as a service: (status, parsed body)."""

    async def call(
        method: str, path: str, body: Any = None, *, issuer: str | None = None, raw: Any = None
    ) -> Answer:
        door = Door.SERVICE if issuer else Door.OPERATOR
        async with scim.session.request(
            method,
            f"{scim.internal_url}{path}",
            json=body,
            data=raw,
            headers=scim.identity(door, issuer=issuer or "operator"),
        ) as response:
            return response.status, await response.json()

    return call


@pytest.fixture(scope="module")
def me(scim: Running) -> Callable[[UUID], Awaitable[Answer]]:
    """Ask for the profile of a key's owner."""

    async def call(user_id: UUID) -> Answer:
        headers = scim.identity(Door.API_KEY, subject=user_id)
        async with scim.session.get(f"{scim.url}/api/v1/me", headers=headers) as response:
            return response.status, await response.json()

    return call


def person(**fields: Any) -> dict[str, Any]:
    """A body for POST /internal/users that nobody used before."""
    user_id = str(new_id())
    return {"id": user_id, "email": f"{user_id}@example.com", "name": "Ann Lee", **fields}
