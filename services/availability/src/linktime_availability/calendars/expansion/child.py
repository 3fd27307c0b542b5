"""One child process, as its parent sees it."""

import asyncio
import contextlib
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from linktime_availability.calendars.expansion.results import ExpansionLimits, RefusalReason
from linktime_availability.calendars.expansion.wire import EXIT_MEMORY, frame, json_frame

_COMMAND = ("-I", "-m", "linktime_availability.calendars.expansion")
_START_SECONDS = 30
_LINE_BYTES = 2_000_000
_OUTPUT_BYTES = 32_000_000
_ERROR_CHARACTERS = 2_000
_ENDED_BY_OTHERS = {-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}
_REASONS = {
    -signal.SIGPROF: RefusalReason.NEVER_ENDS_PARSING,
    -signal.SIGXCPU: RefusalReason.OUT_OF_TIME,
    -signal.SIGKILL: RefusalReason.TOO_LARGE,  # by the kernel, if memory runs out
    EXIT_MEMORY: RefusalReason.TOO_LARGE,
}


StartChild = Callable[[], Awaitable[Process]]
"""Returns a child that has read nothing yet; raises OSError."""


class ExpansionFailed(Exception):
    """The child did not start, or something else ended it; the calendar is not the reason."""


class Child:
    """A child that reads objects and answers with lines. Use `started`."""

    def __init__(self, process: Process, limits: ExpansionLimits, ends_at: float) -> None:
        assert process.stdin is not None  # noqa: S101  both are pipes
        assert process.stdout is not None  # noqa: S101
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._limits = limits
        self._ends_at = ends_at
        self._stopped_for: RefusalReason | None = None
        self._is_ready = False
        self._last_line_at = asyncio.get_running_loop().time()

    @classmethod
    @contextlib.asynccontextmanager
    async def started(
        cls,
        settings: dict[str, Any],
        limits: ExpansionLimits,
        ends_at: float,
        start: StartChild,
    ) -> AsyncIterator["Child"]:
        """Start a child, and end it when the block is left, also by cancellation."""
        try:
            process = await start()
        except OSError as error:
            raise ExpansionFailed(f"The child did not start: {error}") from error
        child = cls(process, limits, ends_at)
        child._stdin.write(json_frame(settings))
        try:
            yield child
        except BaseException:
            child._kill()
            raise
        finally:
            # Without an error it has ended: `answers` reads to the end. Killing it then would take
            # its status from the loop.
            child._stdin.close()
            # Reads the pipes to their ends and waits, so that neither a zombie nor a pipe is left.
            await asyncio.shield(process.communicate())

    async def feed(self, objects: Iterable[tuple[dict[int, str], bytes]]) -> None:
        """Write objects with the series that are refused already; the child may end before."""
        try:
            for skip, data in objects:
                self._stdin.write(json_frame(skip) + frame(data))
                await self._stdin.drain()
            self._stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            pass  # `answers` ends, too

    async def answers(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what the child writes until it ends, or until it is stopped by a limit."""
        octets = 0
        while text := await self._line():
            octets += len(text)
            if octets > _OUTPUT_BYTES:
                self._stop(RefusalReason.TOO_MANY)
                return
            answer: dict[str, Any] = json.loads(text)
            if "ready" in answer:
                self._is_ready = True
            else:
                yield answer

    async def _line(self) -> bytes:
        """Return the next complete line, or nothing after the last."""
        now = asyncio.get_running_loop().time()
        silence = self._limits.silence_seconds if self._is_ready else _START_SECONDS
        try:
            async with asyncio.timeout(min(silence, self._ends_at - now)):
                text = await self._stdout.readline()
        except TimeoutError:
            in_time = now + silence < self._ends_at
            self._stop(RefusalReason.NEVER_ENDS_PARSING if in_time else RefusalReason.OUT_OF_TIME)
            return b""
        except ValueError:  # the line is longer than the limit
            self._stop(RefusalReason.TOO_MANY)
            return b""
        if not text.endswith(b"\n"):
            return b""
        self._last_line_at = asyncio.get_running_loop().time()
        return text

    def silent_for(self) -> float:
        """Return the seconds since its last line."""
        return asyncio.get_running_loop().time() - self._last_line_at

    async def why_it_ended(self) -> RefusalReason:
        """Return why it ended before its last answer; raises ExpansionFailed."""
        errors = (await self._process.communicate())[1]
        status = self._process.returncode
        if not self._is_ready:
            tail = errors.decode("utf-8", "replace")[-_ERROR_CHARACTERS:]
            raise ExpansionFailed(f"The child did not start (status {status}): {tail}")
        if self._stopped_for is not None:
            return self._stopped_for
        if status in _ENDED_BY_OTHERS:
            raise ExpansionFailed(f"The child was ended by another process (status {status})")
        return _REASONS.get(status or 0, RefusalReason.UNREADABLE)

    def _stop(self, reason: RefusalReason) -> None:
        self._stopped_for = reason
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


async def start_child() -> Process:
    """Start a process that waits for the settings of its batch."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *_COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={},  # no settings, no secrets
        cwd="/",
        limit=_LINE_BYTES,
        # Ctrl-C reaches this process only; it ends the child itself.
        start_new_session=True,
    )
