"""A stack of its own for what needs running services, and how figures are printed."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bench.slots import Row
from tests.conftest import RAISED_LIMITS

from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack

Measure = Callable[[Stack], Awaitable[list[Row]]]


def measured(*measures: Measure) -> list[Row]:
    """Start a stack in a folder that the servers' account can enter, measure, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="linktime-bench-"))
    folder.chmod(0o711)
    try:
        return asyncio.run(_measure(folder, measures))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(folder: Path, measures: Iterable[Measure]) -> list[Row]:
    async with Stack(
        folder,
        StackSettings(port=None),
        name="linktime_bench",
        environment={"gateway": RAISED_LIMITS},
        temporary=True,
    ) as stack:
        return [row for measure in measures for row in await measure(stack)]


def show(rows: Iterable[Row]) -> None:
    """One line each."""
    for row in rows:
        print(f"  {row.what:<68} {row.value:>10,.1f} {row.unit}")
