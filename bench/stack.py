"""A stack of its own for a measurement, in a temporary folder."""

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
    """A stack that is gone after the block."""
    with _folder() as folder:
        async with Stack(
            folder,
            StackSettings(port=None),
            name="linktime_bench",
            environment={"gateway": RAISED_LIMITS},
            temporary=True,
        ) as stack:
            yield stack


def show(rows: Iterable[Row], file: TextIO | None = None) -> None:
    """Print what was measured; to `file` instead of standard output."""
    for row in rows:
        print(f"  {row.what:<68} {row.value:>10,.2f} {row.unit}", file=file, flush=True)


def measure_alone(measurement: Measurement) -> None:
    """Print one measurement, on a stack for it alone."""

    async def run() -> list[Row]:
        async with bench_stack() as stack:
            return await measurement(stack)

    show(asyncio.run(run()))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # One that the servers' account can enter.
    folder = Path(tempfile.mkdtemp(prefix="linktime-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
