"""Several things at once, of which the first failure is the failure."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def together(several: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all; when one fails the others are cancelled, and its error is raised as it is."""
    tasks = [asyncio.ensure_future(one) for one in several]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        # Their own cleaning up, of half-started programs for instance, is waited for.
        await asyncio.gather(*tasks, return_exceptions=True)
