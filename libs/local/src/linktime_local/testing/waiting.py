"""Waits for a condition with a time limit, instead of sleeping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

Found = TypeVar("Found")


@overload
async def eventually(
    check: Callable[[], Awaitable[Found]],
    *,
    within: float = ...,
    every: float = ...,
    what: str = ...,
) -> Found: ...


@overload
async def eventually(
    check: Callable[[], Found],
    *,
    within: float = ...,
    every: float = ...,
    what: str = ...,
) -> Found: ...


async def eventually(
    check: Callable[[], Found | Awaitable[Found]],
    *,
    within: float = 10.0,
    every: float = 0.02,
    what: str = "",
) -> Found:
    """Call `check` until it returns a true value, and return that.

    An AssertionError of `check` counts as false. Raises AssertionError with the last value after
    `within` seconds; other exceptions are raised at once.
    """
    deadline = time.monotonic() + within
    while True:
        last = await _look(check)
        if last and not isinstance(last, AssertionError):
            return last
        if time.monotonic() >= deadline:
            break
        await asyncio.sleep(every)
    reason = last if isinstance(last, AssertionError) else f"last seen {last!r}"
    named = what or getattr(check, "__qualname__", repr(check))
    cause = last if isinstance(last, AssertionError) else None
    raise AssertionError(f"not within {within:g} s: {named}; {reason}") from cause


async def _look(check: Callable[[], Found | Awaitable[Found]]) -> Found | AssertionError:
    try:
        seen = check()
        return await seen if inspect.isawaitable(seen) else seen
    except AssertionError as error:
        return error
