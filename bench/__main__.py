"""`make bench`: the figures of this machine, as medians; `--json` for machines.

Starts a stack of its own in a temporary folder, then smaller ones for webhooks alone. Nothing here
passes or fails: the aims stand beside the figures, and `docs/performance.md` keeps what was
measured.
"""

import asyncio
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench import main_path, slots, webhooks
from tests.conftest import RAISED_LIMITS

from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack


def describe_machine() -> str:
    """Processor, cores, kernel and Python, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


async def on_a_stack(folder: Path) -> list[slots.Row]:
    """What needs running services."""
    settings = StackSettings(port=None)
    async with Stack(
        folder,
        settings,
        name="linktime_bench",
        environment={"gateway": RAISED_LIMITS},
        temporary=True,
    ) as stack:
        return await main_path.run(stack)


def through_services() -> list[slots.Row]:
    """Start a stack in a folder that the servers' account can enter, measure, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="linktime-bench-"))
    folder.chmod(0o711)
    try:
        return asyncio.run(on_a_stack(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(rows: Iterable[slots.Row]) -> None:
    for row in rows:
        print(f"  {row.what:<68} {row.value:>10,.1f} {row.unit}")


def main() -> None:
    machine = describe_machine()
    found = slots.run()
    if "--json" not in sys.argv:
        print(machine)
        print("Pure function (aim: 100 busy intervals under 300 µs)")
        show(found)
        print("Starting a stack …", flush=True)
    over_http = through_services()
    dispatched = asyncio.run(webhooks.run())
    if "--json" in sys.argv:
        rows = [row._asdict() for row in [*found, *over_http, *dispatched]]
        print(json.dumps({"machine": machine, "rows": rows}, ensure_ascii=False, indent=2))
    else:
        print("Through the services (aims: slots under 5 ms p50, webhook under 50 ms p50)")
        show(over_http)
        print("Webhook dispatch (aims: 2,000/s sustained, p99 under 250 ms, others under 1 s)")
        show(dispatched)


if __name__ == "__main__":
    main()
