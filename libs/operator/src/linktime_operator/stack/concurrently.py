"""Concurrent awaitables; a failure of one cancels the others."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from linktime_operator.errors import StackError


async def run_concurrently(several: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all; when one fails, cancel the others and raise its error unchanged."""
    tasks = [asyncio.ensure_future(one) for one in several]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        # Wait for their cleanup, of half-started programs for example.
        await asyncio.gather(*tasks, return_exceptions=True)


async def reporting(start: Coroutine[Any, Any, None], say: Callable[[str], None]) -> None:
    """Run it and say its failure: stopping the others can take half a minute."""
    try:
        await start
    except StackError as error:
        say(f"    {error}")
        raise
