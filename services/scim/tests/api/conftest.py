"""The directory over HTTP, one for all tests of a module."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from linktime_common.identity import CallerKind
from linktime_common.process import ProcessRole
from linktime_local.testing.databases import FreshDsn
from linktime_local.testing.services import Running, running
from linktime_scim.app import SERVICE

from .calls import Answer, Ask, Sent, Session, person
from .provider import Provider


@pytest.fixture(scope="module")
async def dsn(
    fresh_dsn: FreshDsn,
) -> AsyncIterator[str]:
    async with fresh_dsn() as dsn:
        yield dsn


@pytest.fixture(scope="module")
async def scim(dsn: str) -> AsyncIterator[Running]:
    async with running(
        SERVICE,
        ProcessRole.SERVE,
        postgres_dsn=dsn,
        broker_url="amqp://unused",
        public_url="https://linktime.test",
    ) as running_scim:
        yield running_scim


@pytest.fixture(scope="module")
def ask(scim: Running) -> Ask:
    """Call an internal route as the operator, or as a service; return (status, parsed body)."""

    async def call(
        method: str, path: str, body: Any = None, *, issuer: str | None = None, raw: Any = None
    ) -> Answer:
        caller_kind = CallerKind.SERVICE if issuer else CallerKind.OPERATOR
        async with scim.session.request(
            method,
            f"{scim.internal_url}{path}",
            json=body,
            data=raw,
            headers=scim.identity(caller_kind, issuer=issuer or "operator"),
        ) as response:
            return response.status, await response.json()

    return call


@pytest.fixture(scope="module")
def me(scim: Running) -> Callable[[UUID], Awaitable[Answer]]:
    """Read the profile of a key's owner."""

    async def call(user_id: UUID) -> Answer:
        headers = scim.identity(CallerKind.API_KEY, subject=user_id)
        async with scim.session.get(f"{scim.url}/api/v1/me", headers=headers) as response:
            return response.status, await response.json()

    return call


@pytest.fixture(scope="module")
def session(scim: Running) -> Session:
    """Call the dashboard's API as a signed-in user; return (status, parsed body)."""

    async def call(
        user_id: UUID, method: str, path: str, body: Any = None, *, key: str = ""
    ) -> Answer:
        headers = scim.identity(CallerKind.SESSION, subject=user_id)
        if key:
            headers["Idempotency-Key"] = key
        url = f"{scim.url}/dashboard/api{path}"
        async with scim.session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    return call


@pytest.fixture
async def provider(scim: Running, ask: Ask, dsn: str) -> Provider:
    """The provider of a new organization on BUSINESS without a verified domain."""
    owner = person(plan="BUSINESS", emailVerified=True)
    await ask("POST", "/internal/users", owner)
    body = {"name": "Acme", "ownerId": owner["id"]}
    _status, made = await ask("POST", "/internal/organizations", body)
    return Provider(scim, UUID(made["id"]), UUID(owner["id"]), dsn)


@pytest.fixture(scope="module")
def sent(dsn: str) -> Sent:
    """Return the events of one type about one user, in order."""

    async def read(user_id: UUID, kind: str) -> list[dict[str, Any]]:
        connection = await asyncpg.connect(dsn)
        try:
            rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
        finally:
            await connection.close()
        found = [orjson.loads(row["envelope"]) for row in rows]
        return [one for one in found if (one["subject"], one["type"]) == (str(user_id), kind)]

    return read
