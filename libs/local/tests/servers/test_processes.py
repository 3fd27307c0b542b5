"""Child processes: stopping them, and the end of their parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from linktime_common.process_table import command_line, descendants
from linktime_local.servers.processes import ChildProcess, run_once
from linktime_local.testing.waiting import eventually

ENV = {"PATH": os.environ["PATH"]}
DEAF = "trap '' TERM; sleep 300 & echo ready; wait"
STARTER = """
import os, sys, time
from pathlib import Path
from linktime_local.servers.processes import ChildProcess
child = ChildProcess.start(["sleep", "300"], env=dict(os.environ), log=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(300)
"""


async def test_child_that_ignores_the_stop_signal(tmp_path: Path) -> None:
    """It is killed after `within` seconds, with its descendants."""
    child = ChildProcess.start(["sh", "-c", DEAF], env=ENV, log=tmp_path / "log")
    await eventually(lambda: "ready" in child.log_tail())
    below = descendants(child.pid)
    assert not await child.stop(within=0.1)
    assert below
    assert [command_line(pid) for pid in (child.pid, *below)] == [None] * (1 + len(below))


async def test_clean_stop(tmp_path: Path) -> None:
    """True for a child that ends by its stop signal in time; stopping it again is a no-op."""
    child = ChildProcess.start(["sleep", "300"], env=ENV, log=tmp_path / "log")
    await eventually(lambda: command_line(child.pid) == "sleep 300")
    assert await child.stop(within=5)
    assert await child.stop(within=5)


async def test_stop_of_a_paused_child(tmp_path: Path) -> None:
    """It is resumed, so that it processes the signal."""
    child = ChildProcess.start(["sleep", "300"], env=ENV, log=tmp_path / "log")
    await eventually(lambda: command_line(child.pid) == "sleep 300")
    child.pause()
    assert await child.stop(within=5)


async def test_missing_program(tmp_path: Path) -> None:
    """The log contains the reason."""
    child = ChildProcess.start(["no-such-program"], env=ENV, log=tmp_path / "log")
    assert await child.wait(10) == 1
    assert "FileNotFoundError" in child.log_tail()
    assert await run_once(["true"], env=ENV, log=tmp_path / "log", within=10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no parent-death signal")
async def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    """SIGKILL of the parent ends the child."""
    starter = [sys.executable, "-c", STARTER, str(tmp_path / "log")]
    with subprocess.Popen(starter, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        await eventually(lambda: command_line(pid) == "sleep 300")
        parent.send_signal(signal.SIGKILL)
    await eventually(lambda: command_line(pid) is None)
