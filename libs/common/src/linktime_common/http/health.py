"""Is the process alive, is it ready, and its figures: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import generate_latest

from linktime_common.http.bodies import reply_json
from linktime_common.http.routes import OPEN, Route

ReadyCheck = Callable[[], Awaitable[bool]]
CHECK_SECONDS = 2
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for every few seconds: their lines are for debugging only."""


def health_routes(checks: Mapping[str, ReadyCheck]) -> list[Route]:
    """The three routes of the internal port; `checks` are named parts that must be ready."""

    async def healthz(_request: web.Request) -> web.Response:
        return reply_json({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        found = dict(zip(checks, await asyncio.gather(*map(_passes, checks.values())), strict=True))
        return reply_json(
            {"status": "ready" if all(found.values()) else "not ready", "checks": found},
            status=200 if all(found.values()) else 503,
        )

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), content_type="text/plain", charset="utf-8")

    return [
        Route("GET", "/healthz", healthz, OPEN),
        Route("GET", "/readyz", readyz, OPEN),
        Route("GET", "/metrics", metrics, OPEN),
    ]


async def _passes(check: ReadyCheck) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except Exception:
        return False
