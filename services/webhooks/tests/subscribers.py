"""Subscribers, and dispatchers that send to them."""

import asyncio
import contextlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web

from linktime_common.egress.way_out import WayOut
from linktime_webhooks.clients.subscriber import Subscribers
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.dispatcher import Dispatcher
from linktime_webhooks.use_cases.sweep import sweep

LOOPBACK = [ip_network("127.0.0.0/8")]
SEALING_KEY = "k1:" + urlsafe_b64encode(b"s" * 32).decode()
QUICK_DELAYS = (0, 0.05, 0.05)


@dataclass
class Received:
    """One received request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Subscriber:
    """A receiver; `answer` decides the response to each request."""

    url: str
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], web.Response] = lambda _received: web.Response(status=204)


@contextlib.asynccontextmanager
async def dispatching(
    deps: Deps, *, delays: tuple[float, ...] = QUICK_DELAYS
) -> AsyncIterator[Dispatcher]:
    """Run a dispatcher during the block."""
    async with Subscribers(WayOut(deps.resolver), allow_http=deps.allow_http) as subscribers:
        dispatcher = Dispatcher(deps, subscribers, delays)
        task = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def leases_end(deps: Deps) -> None:
    """Expire all leases, as a minute after a crash."""
    async with deps.database.connection() as connection:
        await connection.execute(
            "UPDATE deliveries SET lease_until = now() - interval '1 second'"
            " WHERE lease_until IS NOT NULL"
        )
    await sweep(deps)
