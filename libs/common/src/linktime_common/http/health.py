"""Liveness, readiness and metrics: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import NoReturn

from aiohttp import web
from prometheus_client import Gauge, generate_latest

from linktime_common.contracts.wire import format_instant
from linktime_common.endless import repeat
from linktime_common.errors import NotReady
from linktime_common.failures import describe
from linktime_common.http.bodies import reply_json
from linktime_common.http.routes import OPEN, Route

ReadyCheck = Callable[[], Awaitable[bool]]
"""May raise `NotReady` with the reason."""
FindProblem = Callable[[], Awaitable[str | None]]
"""Returns what is wrong, as a sentence without a full stop, or None."""
Warn = Callable[[], str | None]
"""Returns a warning that does not affect readiness, or None."""
CHECK_SECONDS = 2
LOOK_SECONDS = 5.0
READY = Gauge("linktime_ready", "1 while the check passes", ["check"])
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Requested every few seconds, so logged at debug level."""


class Readiness:
    """The named readiness checks of a process, and since when each one fails."""

    def __init__(
        self,
        checks: Mapping[str, ReadyCheck],
        warnings: Mapping[str, Warn] | None = None,
        problems: Mapping[str, FindProblem] | None = None,
    ) -> None:
        self._checks = checks
        self._warnings = warnings or {}
        self._problems = problems or {}
        self._since: dict[str, datetime] = {}
        self.reasons: dict[str, str] = {}
        """Reasons of the last failures, by check."""

    async def watch(self) -> NoReturn:
        """Run the checks regularly until cancelled, to notice failures without a probe."""
        await repeat("readiness", self.check, after_seconds=LOOK_SECONDS)

    async def check(self) -> tuple[dict[str, bool], dict[str, datetime]]:
        """Return which checks pass, and since when the others fail."""
        now = datetime.now(UTC)
        outcomes = await asyncio.gather(*map(_outcome, self._checks.values()))
        named = dict(zip(self._checks, outcomes, strict=True))
        found = {name: outcome is True for name, outcome in named.items()}
        for name, passes in found.items():
            READY.labels(name).set(passes)
        self.reasons = {name: why for name, why in named.items() if isinstance(why, str)}
        self._since = {
            name: self._since.get(name, now) for name, is_ready in found.items() if not is_ready
        }
        return found, self._since

    def warnings(self) -> dict[str, str]:
        """Return the warnings of a ready process, by name."""
        found = {name: warn() for name, warn in self._warnings.items()}
        return {name: text for name, text in found.items() if text}

    async def problems(self) -> dict[str, str]:
        """Return the problems, by name, found now."""
        found = await asyncio.gather(*(find() for find in self._problems.values()))
        return {name: text for name, text in zip(self._problems, found, strict=True) if text}


def health_routes(readiness: Readiness) -> list[Route]:
    """Return the three routes of the internal port."""

    async def healthz(_request: web.Request) -> web.Response:
        return reply_json({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        found, since = await readiness.check()
        return reply_json(
            {
                "status": "not ready" if since else "ready",
                # Replicas may share the port, and in containers all have the same pid.
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "checks": found,
                "since": {name: format_instant(instant) for name, instant in since.items()},
                "reasons": readiness.reasons,
                "warnings": readiness.warnings(),
                "problems": await readiness.problems(),
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


def without_problem(find_problem: FindProblem) -> ReadyCheck:
    """Return a check that fails with the problem found, if any."""

    async def check() -> bool:
        if problem := await find_problem():
            raise NotReady(problem)
        return True

    return check


async def _outcome(check: ReadyCheck) -> bool | str:
    """Return whether the check passes, or the reason why it fails."""
    try:
        async with asyncio.timeout(CHECK_SECONDS) as limit:
            return await check()
    except NotReady as error:
        return str(error)
    except Exception as error:
        if limit.expired():
            return f"no answer within {CHECK_SECONDS} s"
        return f"the check failed: {describe(error)}"
