"""Ctrl-C while a command waits for its input."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import termios
from pathlib import Path

import pytest
from libs.operator.tests.launched import LINKTIME
from libs.operator.tests.stack_files import described

from linktime_local.testing.waiting import eventually

SENTENCE = "The command was interrupted."
CREATE = ("event-type", "create", "--user", "a@example.com")
ACCOUNT = ("user", "create", "--email", "a@example.com", "--name", "A")


def unread(pipe: int) -> int:
    """Return the number of bytes in the pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


async def interrupted(*arguments: str, state: Path) -> str:
    """Send SIGINT while the command waits for the rest of its input; returns its error."""
    # The command's standard input, and the file that it may name.
    fifo = state / "fifo"
    os.mkfifo(fifo)
    described(os.getpid()).write(state)
    pipe = os.open(fifo, os.O_RDWR)
    process = await asyncio.create_subprocess_exec(
        LINKTIME,
        *arguments,
        env={**os.environ, "LINKTIME_STATE": str(state)},
        cwd=state,
        stdin=pipe,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        os.write(pipe, b"{")
        await eventually(lambda: unread(pipe) == 0, within=60, every=0.05, what="the read")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            shown = await process.stderr.read()
            assert await process.wait() == 130
    finally:
        os.close(pipe)
        if process.returncode is None:
            process.kill()
            await process.wait()
    return shown.decode().strip()


@pytest.mark.parametrize(
    "arguments",
    [(*CREATE, "--file", "-"), (*CREATE, "--file", "fifo"), (*ACCOUNT, "--password-stdin")],
)
async def test_the_first_one_ends_a_read(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """With status 130 and one sentence in JSON."""
    shown = await interrupted(*arguments, "--json", state=tmp_path)
    assert json.loads(shown) == {"error": SENTENCE}


async def test_the_sentence_is_a_line(tmp_path: Path) -> None:
    """Without --json."""
    shown = await interrupted(*ACCOUNT, "--password-stdin", state=tmp_path)
    assert SENTENCE in shown.splitlines()[-1]
