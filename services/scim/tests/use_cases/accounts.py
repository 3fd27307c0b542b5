"""The types of the fixtures that create accounts and read events."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from linktime_scim.domain.account import Account

POOL_SIZE = 8
NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
Events = Callable[[], Awaitable[list[dict[str, Any]]]]
NewUser = Callable[..., Awaitable[Account]]
