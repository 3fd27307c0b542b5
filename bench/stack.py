"""A temporary stack for a measurement."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from bench.slots import Row
from tests.limits import RAISED_LIMITS

from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack

Measurement = Callable[[Stack], Awaitable[list[Row]]]


@contextlib.asynccontextmanager
async def bench_stack() -> AsyncIterator[Stack]:
    """Run a stack in a temporary folder."""
    with temporary_folder() as folder:
        async with Stack(
            folder,
            StackSettings(port=None),
            name="linktime_bench",
            environment={"gateway": RAISED_LIMITS},
            temporary=True,
        ) as stack:
            yield stack


def show(rows: Iterable[Row], file: TextIO | None = None) -> None:
    """Print the rows to standard output or to `file`."""
    for row in rows:
        print(f"  {row.what:<68} {row.value:>10,.2f} {row.unit}", file=file, flush=True)


def measure_alone(measurement: Measurement) -> None:
    """Run one measurement on a temporary stack and print it."""

    async def run() -> list[Row]:
        async with bench_stack() as stack:
            return await measurement(stack)

    show(asyncio.run(run()))


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a folder that the servers' account can access."""
    folder = Path(tempfile.mkdtemp(prefix="linktime-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
