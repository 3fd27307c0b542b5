"""A cache of a few seconds, in which concurrent readers of one key cause one read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from linktime_common.errors import Unavailable

Value = TypeVar("Value")


@dataclass(eq=False)
class _Read(Generic[Value]):
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    values: list[Value] = field(default_factory=list)
    failure: Unavailable | None = None


class ShortCache(Generic[Value]):
    """At most `most` values, each for `lifetime` seconds from the start of its read.

    Those who wait for a read have its result, also if it took longer than the lifetime. A failed
    read is not kept, but those who waited for it fail as it did. If the reader is cancelled, one of
    those who wait reads in its place.
    """

    def __init__(
        self, lifetime: float, most: int, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._lifetime = lifetime
        self._most = most
        self._seconds = seconds
        self._values: dict[str, tuple[float, Value]] = {}
        self._reads: dict[str, _Read[Value]] = {}

    async def get(self, key: str, read: Callable[[], Awaitable[Value]]) -> Value:
        """Return the value of `key`, or else the result of `read`; raises what `read` raises."""
        while True:
            entry = self._values.get(key)
            if entry is not None and self._seconds() < entry[0]:
                return entry[1]
            running = self._reads.get(key)
            if running is None:
                return await self._fill(key, read)
            await running.ended.wait()
            if running.failure is not None:
                raise Unavailable(str(running.failure)) from running.failure
            if running.values:
                return running.values[0]

    async def _fill(self, key: str, read: Callable[[], Awaitable[Value]]) -> Value:
        own: _Read[Value] = _Read()
        self._reads[key] = own
        until = self._seconds() + self._lifetime
        try:
            value = await read()
        except Unavailable as error:
            own.failure = error
            raise
        else:
            own.values.append(value)
            self._keep(key, until, value)
            return value
        finally:
            del self._reads[key]
            own.ended.set()

    def _keep(self, key: str, until: float, value: Value) -> None:
        self._values.pop(key, None)  # so that the oldest stays first
        if len(self._values) >= self._most:
            del self._values[next(iter(self._values))]
        self._values[key] = (until, value)
