"""Metrics of the process itself: its version, and how late its event loop is."""

import asyncio
from importlib.metadata import version
from typing import NoReturn

from prometheus_client import Gauge, Histogram

LOOK_SECONDS = 0.5

BUILD = Gauge("linktime_build_info", "1, with the version as label", ["version"])
LOOP_LAG = Histogram(
    "linktime_event_loop_lag_seconds",
    "How late a timer of the event loop is, every half second",
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def show_version() -> None:
    """Set the version of the installed packages."""
    BUILD.labels(version("linktime-common")).set(1)


async def watch_loop() -> NoReturn:
    """Measure until cancelled: code that does not yield delays every request of the process."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        LOOP_LAG.observe(max(loop.time() - due_at, 0.0))
