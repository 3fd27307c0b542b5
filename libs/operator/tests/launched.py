"""Runs `linktime run` and other commands as processes."""

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner

from linktime_common.process_table import command_line, descendants
from linktime_local.servers.ports import free_port
from linktime_local.servers.processes import ChildProcess
from linktime_local.testing.waiting import eventually
from linktime_operator.cli import linktime

LINKTIME = Path(sys.executable).with_name("linktime")
START_SECONDS = 120
STOP_SECONDS = 60


@dataclass
class Outcome:
    """The result of a command."""

    status: int
    output: str
    error: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.output)

    @property
    def refusal(self) -> dict[str, Any]:
        """Return the JSON error on standard error."""
        assert self.status == 1
        assert self.output == ""
        refusal: dict[str, Any] = orjson.loads(self.error)
        return refusal

    @property
    def misuse(self) -> str:
        """Return the usage error."""
        assert self.status == 2
        assert self.output == ""
        return self.error


class Launcher:
    """A state folder, and at most one `linktime run` on it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self._runs = 0
        self._child: ChildProcess | None = None

    @property
    def env(self) -> dict[str, str]:
        # Given servers may be used by a person's own stack, which has the same names.
        rest = {name: value for name, value in os.environ.items() if name[:9] != "LINKTIME_"}
        return {**rest, "LINKTIME_STATE": str(self.state), "LINKTIME_PORT": str(self.port)}

    @property
    def child(self) -> ChildProcess:
        assert self._child is not None
        return self._child

    @property
    def file(self) -> dict[str, Any]:
        """Return the current stack.json."""
        found: dict[str, Any] = orjson.loads((self.state / "stack.json").read_bytes())
        return found

    @property
    def shown(self) -> str:
        """Return the output of the last run."""
        return self.child.log.read_text()

    def begin(self) -> None:
        """Start it without waiting."""
        self._runs += 1
        log = self.state.with_name(f"{self.state.name}-run-{self._runs}.log")
        # Its files must be private although the umask allows everything.
        command = ["sh", "-c", f"umask 0; exec {shlex.quote(str(LINKTIME))} run"]
        self._child = ChildProcess.start(command, env=self.env, log=log)

    async def ensure_running(self) -> dict[str, Any]:
        """Start it if it does not run; returns its stack.json."""
        if self._child is None or self._child.returncode is not None:
            self.begin()
        await eventually(self._settled, within=START_SECONDS, every=0.1, what="stack.json")
        assert self.child.returncode is None, self.shown
        return self.file

    def _settled(self) -> bool:
        if self.child.returncode is not None:
            return True
        # A killed launcher does not remove its file.
        return (self.state / "stack.json").exists() and self.file["pid"] == self.child.pid

    def send(self, number: int) -> None:
        os.kill(self.child.pid, number)

    async def end(self, number: int = signal.SIGINT) -> int | None:
        """Send a signal and wait for the launcher's exit; returns its status."""
        if self._child is None or self._child.returncode is not None:
            return None
        self.send(number)
        status = await self.child.wait(STOP_SECONDS)
        assert status is not None, self.shown
        return status

    def family(self) -> list[int]:
        """Return every process that it has started."""
        return descendants(self.child.pid)

    async def command(
        self, *arguments: str, given: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run `linktime` with these arguments against this stack.

        In this process, since loading its libraries takes longer than the command; `run_linktime`
        starts a process.
        """
        return await asyncio.to_thread(
            invoked, *arguments, given=given, env={**self.env, **(env or {})}
        )


def invoked(*arguments: str, given: bytes = b"", env: Mapping[str, str]) -> Outcome:
    """Run `linktime` in this process."""
    result = CliRunner().invoke(linktime, arguments, given, env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception  # a bug of the command, which a person sees as a traceback
    return Outcome(result.exit_code, result.stdout, result.stderr)


async def run_linktime(
    *arguments: str, given: bytes = b"", env: Mapping[str, str], cwd: Path | None = None
) -> Outcome:
    """Run `linktime` until it exits."""
    process = await asyncio.create_subprocess_exec(
        LINKTIME,
        *arguments,
        env=dict(env),
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, error = await process.communicate(given)
    assert process.returncode is not None
    return Outcome(process.returncode, output.decode(), error.decode())


@contextmanager
def hanging(pids: list[int]) -> Iterator[None]:
    """Stop these processes without ending them, as if each hung."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def all_gone(pids: list[int], *, within: float = STOP_SECONDS) -> None:
    """Return when none of these processes runs any more."""
    await eventually(
        lambda: not [pid for pid in pids if command_line(pid)],
        within=within,
        every=0.1,
        what=f"the end of {[(pid, command_line(pid)) for pid in pids if command_line(pid)]}",
    )
