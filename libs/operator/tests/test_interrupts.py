"""Ctrl-C while a command waits for its input."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from libs.operator.tests.launched import LINKTIME
from libs.operator.tests.stack_files import described

from linktime_local.testing.waiting import eventually

CREATE = ("event-type", "create", "--user", "a@example.com")
ACCOUNT = ("user", "create", "--email", "a@example.com", "--name", "A")


def waits(pid: int) -> bool:
    """Whether the process has loaded everything and reads: it sleeps in read(2) of a pipe."""
    where = Path(f"/proc/{pid}/wchan").read_text()
    return "pipe" in where or "fifo" in where or "wait_for_partner" in where


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "arguments",
    [(*CREATE, "--file", "-"), (*CREATE, "--file", "fifo"), (*ACCOUNT, "--password-stdin")],
)
async def test_the_first_one_ends_a_read(
    tmp_path: Path, arguments: tuple[str, ...], as_json: bool
) -> None:
    """With status 130, and one sentence."""
    os.mkfifo(tmp_path / "fifo")
    described(os.getpid()).write(tmp_path)
    process = await asyncio.create_subprocess_exec(
        LINKTIME,
        *arguments,
        *(["--json"] if as_json else []),
        env={**os.environ, "LINKTIME_STATE": str(tmp_path)},
        cwd=tmp_path,
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        await eventually(lambda: waits(process.pid), within=60, every=0.05, what="the read")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            shown = (await process.stderr.read()).decode().strip()
            assert await process.wait() == 130
    finally:
        if process.returncode is None:
            process.kill()
    sentence = "The command was interrupted."
    assert shown == (
        json.dumps({"error": sentence}, separators=(",", ":")) if as_json else sentence
    )
