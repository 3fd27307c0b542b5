"""Messages that tests publish themselves."""

from collections.abc import Awaitable, Callable
from typing import Any

Message = tuple[str, dict[str, Any]]
"""An event's routing key and its envelope."""
Publish = Callable[[Message], Awaitable[None]]
