"""Fixtures that call the gateway as operator, client and raw socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from multidict import CIMultiDict
from services.gateway.tests.api.account_links import AccountMails
from services.gateway.tests.api.callers import (
    PASSWORD,
    Browser,
    Got,
    Operator,
    user_event,
)

from linktime_common.contracts.events.scim import Plan, UserEvent, UserState
from linktime_common.contracts.internal_api.scim import OrganizationView
from linktime_common.ids import new_id
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.topology import Topology
from linktime_local.testing.services import Running


@pytest.fixture
def operator(gateway: Running) -> Operator:
    return Operator(gateway)


@pytest.fixture
async def key(world: Any, operator: Operator) -> str:
    """An API key of a new user."""
    made = await operator.make_key(world.directory.add())
    world.directory.seen.clear()
    return str(made["key"])


@pytest.fixture
def organization(world: Any) -> UUID:
    """An organization on a plan with SCIM."""
    made = OrganizationView(
        id=new_id(), name="Acme", owner_id=new_id(), plan=Plan.BUSINESS, verified_domains=[]
    )
    world.directory.organizations[made.id] = made
    return made.id


@pytest.fixture
def scim_token(operator: Operator, organization: UUID) -> Callable[[], Awaitable[str]]:
    """`await scim_token()` returns a new SCIM token of `organization`."""

    async def make() -> str:
        path = f"/internal/organizations/{organization}/scim-tokens"
        status, made = await operator.call("POST", path)
        assert status == 201, made
        return str(made["token"])

    return make


@pytest.fixture
async def token(scim_token: Callable[[], Awaitable[str]]) -> str:
    """A SCIM token of `organization`."""
    return await scim_token()


@pytest.fixture
async def publish_event(settings: dict[str, Any]) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """`await publish_event(UserUpdated, user, version)` publishes that event as the directory."""
    topology = Topology(settings["broker_prefix"])
    link = await BrokerLink.open(settings["broker_url"], name="scim", topology=topology)
    publisher = Publisher(link, timeout_seconds=30)

    async def publish(kind: type[UserEvent], user: UserState, version: int) -> None:
        event = user_event(kind, user, version)
        await publisher.publish(
            topology.events_exchange,
            event.routing_key(),
            event.envelope(),
            message_id=str(event.event_id),
            headers={},
        )

    yield publish
    await publisher.close()
    await link.close()


@pytest.fixture
def call(gateway: Running) -> Callable[..., Awaitable[Got]]:
    """`await call("GET", "/api/v1/me", key)` calls `gateway` or another `url`."""

    async def send(
        method: str, path: str, key: str | None = None, *, url: str = gateway.url, **more: Any
    ) -> Got:
        headers = dict(more.pop("headers", {}))
        session = more.pop("session", gateway.session)
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        async with session.request(method, url + path, headers=headers, **more) as answer:
            return Got(answer.status, answer.headers, await answer.read())

    return send


@pytest.fixture
def raw(gateway: Running) -> Callable[..., Awaitable[Got]]:
    """`await raw(request)` sends bytes to `gateway`, or another `url`, and returns the response."""

    async def send(request: bytes, *, url: str = gateway.url) -> Got:
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            async with asyncio.timeout(30):
                head = await reader.readuntil(b"\r\n\r\n")
                status, *lines = head.decode().split("\r\n")
                headers = CIMultiDict(line.split(": ", 1) for line in lines if line)
                body = await reader.readexactly(int(headers["Content-Length"]))
        finally:
            writer.close()
        return Got(int(status.split()[1]), headers, body)

    return send


@pytest.fixture
async def database(settings: dict[str, Any]) -> Any:
    connection = await asyncpg.connect(settings["postgres_dsn"])
    yield connection
    await connection.close()


async def _sign_up(gateway: Running, **facts: Any) -> Browser:
    """Return a browser of a new user with PASSWORD, not signed in."""
    email = f"{new_id().hex}@example.com"
    account = {"email": email, "name": "Ada", "password": PASSWORD, "plan": "PRO", **facts}
    status, made = await Operator(gateway).call("POST", "/internal/users", account)
    assert status == 201, made
    return Browser(gateway, gateway.url, email, made["id"])


@pytest.fixture
async def visitor(gateway: Running, database: Any) -> Browser:
    """A browser of a new user that is not signed in, without counted attempts."""
    await database.execute("DELETE FROM sign_in_attempts")
    return await _sign_up(gateway)


@pytest.fixture
def sign_up(gateway: Running) -> Callable[..., Awaitable[Browser]]:
    """`await sign_up(plan="FREE")` returns a browser of another user, not signed in."""

    async def make(**facts: Any) -> Browser:
        return await _sign_up(gateway, **facts)

    return make


@pytest.fixture
def nobody(gateway: Running) -> Browser:
    """A browser without an account."""
    return Browser(gateway, gateway.url)


@pytest.fixture
async def browser(visitor: Browser) -> Browser:
    """A browser of a new user that is signed in."""
    assert (await visitor.sign_in()).status == 200
    return visitor


@pytest.fixture
def account_mails(gateway: Running, database: Any) -> AccountMails:
    """The account mails of `gateway`."""
    return AccountMails(gateway, database)
