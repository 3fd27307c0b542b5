"""Load from wrk, which sends as fast as its connections allow."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.programs import OTHER_CORE, PEERS, pinned, processor_seconds

WINDOW_SECONDS = 2
REPORT = PEERS / "report.lua"


class Load(NamedTuple):
    """What wrk measured; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


class Window(NamedTuple):
    """The results of one window; times in milliseconds."""

    per_second: float
    per_processor_second: float
    p50: float
    p99: float


async def window(url: str, key: str, connections: int, server: int) -> Window:
    """Load `url` for one window; raises SystemExit when a response is missing or an error.

    `server` is the process whose processor time is measured.
    """
    before = processor_seconds(server)
    headers = {"Authorization": f"Bearer {key}"}
    command = pinned(OTHER_CORE, *_command(url, connections, WINDOW_SECONDS, headers))
    found = await _run(command, url)
    used = processor_seconds(server) - before
    return Window(found.per_second, found.requests / used, found.p50, found.p99)


async def load(
    url: str,
    connections: int,
    seconds: int,
    headers: Mapping[str, str],
    *,
    paths: Path | None = None,
    pause_milliseconds: int | None = None,
) -> Load:
    """Load `url`; raises SystemExit when a response is missing or an error.

    The paths in the lines of `paths` are requested in turn, and each connection pauses between two
    requests.
    """
    command = _command(url, connections, seconds, headers)
    if paths is not None:
        command += ["--", paths]
        command += [] if pause_milliseconds is None else [str(pause_milliseconds)]
    return await _run(list(map(str, command)), url)


def _command(
    url: str, connections: int, seconds: int, headers: Mapping[str, str]
) -> list[str | Path]:
    sent = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    numbers = ("-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s")
    return ["wrk", *numbers, *sent, "-s", REPORT, url]


async def _run(command: list[str], url: str) -> Load:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    found = json.loads(output.splitlines()[-1])
    if found["refused"] or found["broken"] or not found["requests"]:
        raise SystemExit(f"{url} did not answer every request: {found}")
    return Load(
        found["requests"],
        found["requests"] / found["microseconds"] * 1e6,
        found["p50"],
        found["p99"],
    )
