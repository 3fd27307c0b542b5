"""Is the process alive, is it ready, and its figures: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import NoReturn

from aiohttp import web
from prometheus_client import generate_latest

from linktime_common.contracts.wire import format_instant
from linktime_common.endless import repeat
from linktime_common.errors import NotReady
from linktime_common.http.bodies import reply_json
from linktime_common.http.routes import OPEN, Route

ReadyCheck = Callable[[], Awaitable[bool]]
"""May raise `NotReady` to say why."""
Warn = Callable[[], str | None]
"""What is wrong beside readiness, as a sentence."""
CHECK_SECONDS = 2
LOOK_SECONDS = 5.0
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for every few seconds: their lines are for debugging only."""


class Readiness:
    """The named checks of one process, and since when each of them fails."""

    def __init__(
        self, checks: Mapping[str, ReadyCheck], warnings: Mapping[str, Warn] | None = None
    ) -> None:
        self._checks = checks
        self._warnings = warnings or {}
        self._since: dict[str, datetime] = {}
        self.reasons: dict[str, str] = {}
        """Why checks failed the last time, of those that say so."""

    async def watch(self) -> NoReturn:
        """Check regularly until cancelled: the start of a failure is known without a probe."""
        await repeat("readiness", self.check, after_seconds=LOOK_SECONDS)

    async def check(self) -> tuple[dict[str, bool], dict[str, datetime]]:
        """Which checks pass now, and since when those fail that do not."""
        now = datetime.now(UTC)
        outcomes = await asyncio.gather(*map(_outcome, self._checks.values()))
        named = dict(zip(self._checks, outcomes, strict=True))
        found = {name: outcome is True for name, outcome in named.items()}
        self.reasons = {name: why for name, why in named.items() if isinstance(why, str)}
        self._since = {
            name: self._since.get(name, now) for name, is_ready in found.items() if not is_ready
        }
        return found, self._since

    def warnings(self) -> dict[str, str]:
        """What is wrong although the process is ready."""
        found = {name: warn() for name, warn in self._warnings.items()}
        return {name: text for name, text in found.items() if text}


def health_routes(readiness: Readiness) -> list[Route]:
    """The three routes of the internal port."""

    async def healthz(_request: web.Request) -> web.Response:
        return reply_json({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        found, since = await readiness.check()
        return reply_json(
            {
                "status": "not ready" if since else "ready",
                "checks": found,
                "since": {name: format_instant(instant) for name, instant in since.items()},
                "reasons": readiness.reasons,
                "warnings": readiness.warnings(),
            },
            status=503 if since else 200,
        )

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), content_type="text/plain", charset="utf-8")

    return [
        Route("GET", "/healthz", healthz, OPEN),
        Route("GET", "/readyz", readyz, OPEN),
        Route("GET", "/metrics", metrics, OPEN),
    ]


async def _outcome(check: ReadyCheck) -> bool | str:
    """Whether it passes, or why it does not."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except NotReady as error:
        return str(error)
    except Exception:
        return False
