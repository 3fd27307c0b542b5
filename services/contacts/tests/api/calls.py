"""Types of the fixtures that call contacts."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

Answer = tuple[int, Any]
Get = Callable[..., Awaitable[Answer]]
Resync = Callable[..., Awaitable[Answer]]
Call = Callable[..., Awaitable[Answer]]
PendingEvents = Callable[[UUID], Awaitable[list[dict[str, Any]]]]
