"""One window of load from wrk, which sends as fast as its connections allow."""

import asyncio
import json
from typing import NamedTuple

from bench.programs import OTHER_CORE, PEERS, pinned, processor_seconds

WINDOW_SECONDS = 2


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
    process = await asyncio.create_subprocess_exec(
        *pinned(
            OTHER_CORE,
            *("wrk", "-t1", f"-c{connections}", f"-d{WINDOW_SECONDS}s"),
            *("-H", f"Authorization: Bearer {key}", "-s", PEERS / "report.lua", url),
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    used = processor_seconds(server) - before
    found = json.loads(output.splitlines()[-1])
    if found["refused"] or found["broken"] or not found["requests"]:
        raise SystemExit(f"{url} did not answer every request: {found}")
    return Window(
        found["requests"] / found["microseconds"] * 1e6,
        found["requests"] / used,
        found["p50"],
        found["p99"],
    )
