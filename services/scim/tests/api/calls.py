"""The types of the fixtures that call the directory, and the body of a new person."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from linktime_common.ids import new_id

Answer = tuple[int, Any]
Ask = Callable[..., Awaitable[Answer]]
Session = Callable[..., Awaitable[Answer]]
Sent = Callable[[UUID, str], Awaitable[list[dict[str, Any]]]]


def person(**fields: Any) -> dict[str, Any]:
    """Return a unique body for POST /internal/users."""
    user_id = str(new_id())
    return {"id": user_id, "email": f"{user_id}@example.com", "name": "Ann Lee", **fields}
