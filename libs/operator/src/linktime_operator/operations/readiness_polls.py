"""Which processes of a service answer at its address, and what they say of their readiness.

Each connection reaches one process, which the kernel or a load balancer chooses.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime

import aiohttp
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel
from linktime_operator.operations import probes
from linktime_operator.operations.probes import ServiceHealth

CONNECTIONS_PER_PROCESS = 3
FIRST_PAUSE_SECONDS = 0.1
"""Doubled each time, so that five rounds or more begin within `probes.CALL_SECONDS`."""


class ProcessReadiness(WireModel):
    """The answer of `/readyz`; older versions do not send `host` and `problems`."""

    pid: int | None = None
    host: str | None = None
    checks: dict[str, bool]
    since: dict[str, Instant] = Field(default_factory=dict)
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: dict[str, str] = Field(default_factory=dict)
    problems: dict[str, str] = Field(default_factory=dict)


class ReadinessPolls:
    """Polls the processes at `url`; `pids` are theirs, empty if they are not known."""

    def __init__(self, session: aiohttp.ClientSession, url: str, pids: Sequence[int]) -> None:
        self._session = session
        self._url = url
        self._pids = pids
        self._answers: dict[tuple[str | None, int | None], ProcessReadiness] = {}

    async def poll(self, processes: int) -> None:
        """Ask until this many processes have answered, at most for `probes.CALL_SECONDS`."""
        asked: set[asyncio.Task[None]] = set()
        pause = FIRST_PAUSE_SECONDS
        try:
            async with asyncio.timeout(probes.CALL_SECONDS):
                while self._answered() < processes:
                    wave = range(CONNECTIONS_PER_PROCESS * processes)
                    asked |= {asyncio.create_task(self._ask()) for _ in wave}
                    _, waiting = await asyncio.wait(asked, timeout=pause)
                    if self._answered() >= processes or not (waiting or self._answers):
                        return
                    await asyncio.sleep(pause)
                    pause *= 2
        except TimeoutError:
            return
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def health(self, processes: int | None) -> ServiceHealth:
        """Return what the answers say together; `processes` is None if the number is not known."""
        answers = list(self._answers.values())
        missing = [name for one in answers for name, passes in one.checks.items() if not passes]
        return ServiceHealth(
            url=self._url,
            ready=bool(answers) and not missing,
            answers=bool(answers),
            processes=processes,
            answered=self._answered(),
            silent_pids=self._silent(),
            missing=list(dict.fromkeys(missing)),
            since=_earliest(answers),
            reasons={name: why for one in answers for name, why in one.reasons.items()},
            warnings={name: text for one in answers for name, text in one.warnings.items()},
            problems={name: text for one in answers for name, text in one.problems.items()},
        )

    async def _ask(self) -> None:
        # A connection that is used again would reach a process that has answered.
        headers = {"Connection": "close"}
        url = f"{self._url.rstrip('/')}/readyz"
        with contextlib.suppress(OSError, TimeoutError, aiohttp.ClientError, ValueError):
            async with self._session.get(url, headers=headers) as response:
                answer = ProcessReadiness.model_validate_json(await response.read())
                self._answers[answer.host, answer.pid] = answer

    def _answered(self) -> int:
        return len(self._pids) - len(self._silent()) if self._pids else len(self._answers)

    def _silent(self) -> list[int]:
        answered = {one.pid for one in self._answers.values()}
        return [pid for pid in self._pids if pid not in answered]


def _earliest(answers: Sequence[ProcessReadiness]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for one in answers:
        for name, since in one.since.items():
            found[name] = min(since, found.get(name, since))
    return found
