import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from linktime_local.servers.processes import ChildProcess
from linktime_local.testing.waiting import eventually
from linktime_operator.stack import supervisor as supervising
from linktime_operator.stack.supervisor import Supervisor


class Program:
    """A real process that runs a line of Python."""

    def __init__(self, line: str, folder: Path) -> None:
        self.name = "program"
        self.starts = 0
        self._line = line
        self._log = folder / "program.log"
        self._child: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def ended(self) -> str | None:
        code = self._child.returncode if self._child else None
        return None if code is None else f"ended with {code}"

    def tail(self) -> str:
        return self._child.log_tail() if self._child else ""

    async def start(self) -> None:
        self.starts += 1
        self._child = ChildProcess.start(
            [sys.executable, "-I", "-c", self._line], env={}, log=self._log
        )

    async def stop(self) -> None:
        if self._child:
            await self._child.stop(within=5)

    async def kill(self) -> None:
        if self._child:
            await self._child.kill()

    def pause(self) -> None:
        if self._child:
            self._child.pause()

    def resume(self) -> None:
        if self._child:
            self._child.resume()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def changes() -> list[int]:
    return []


@pytest.fixture
async def supervisor(said: list[str], changes: list[int]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(lambda: changes.append(1), said.append)
    yield supervisor
    await supervisor.stop_watching()


async def test_a_killed_process_is_restarted_and_reported(
    supervisor: Supervisor, said: list[str], changes: list[int], tmp_path: Path
) -> None:
    """A killed process is restarted soon, with a new process id and a message."""
    program = Program("import time; time.sleep(60)", tmp_path)
    await program.start()
    first = program.pid
    supervisor.watch(program)
    await program.kill()
    await eventually(lambda: changes, within=5)
    assert program.pid != first
    assert program.ended() is None
    assert said == [f"program ended with {-signal.SIGKILL}; starting it again."]
    await supervisor.stop_watching()
    await program.stop()


async def test_a_failed_watch_continues(said: list[str], tmp_path: Path) -> None:
    """A full disk, when the new process id is written, does not end the watch."""
    changes = 0

    def changed() -> None:
        nonlocal changes
        changes += 1
        if changes == 1:
            raise OSError("No space left on device")

    supervisor = Supervisor(changed, said.append)
    program = Program("import time; time.sleep(60)", tmp_path)
    await program.start()
    supervisor.watch(program)
    try:
        for starts in (2, 3):
            await program.kill()
            await eventually(lambda expected=starts: program.starts == expected)
            await eventually(lambda expected=starts: changes == expected - 1)
    finally:
        await supervisor.stop_watching()
        await program.stop()


async def test_an_unwatched_process_is_not_restarted(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """The supervisor does not restart a service that was stopped on purpose."""
    program = Program("import time; time.sleep(60)", tmp_path)
    await program.start()
    supervisor.watch(program)
    await supervisor.unwatch("program")
    await program.kill()
    await asyncio.sleep(3 * supervising.LOOK_EVERY_SECONDS)
    assert program.starts == 1


async def test_a_crash_loop_slows_down_and_is_reported_once(
    supervisor: Supervisor,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that ends at every start is reported once, with its last log lines."""
    monkeypatch.setattr(supervising, "DELAYS_SECONDS", (0.0, 0.0, 0.0, 0.0, 0.0, 60.0))
    program = Program("raise SystemExit('no such setting')", tmp_path)
    await program.start()
    supervisor.watch(program)
    await eventually(lambda: program.starts == 6, within=20)
    assert len(said) == 4
    assert "keeps ending" in said[-1]
    assert "no such setting" in said[-1]
    await program.stop()
