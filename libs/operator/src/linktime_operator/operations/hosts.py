"""Calls on behalf of a host, who is named by e-mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import RootModel

from linktime_common.contracts.wire import format_instant
from linktime_operator.clients import CALL_SECONDS, Clients
from linktime_operator.operations import users

Document = RootModel[dict[str, Any]]
"""JSON that is passed on unchanged: the service validates it."""


async def call(
    clients: Clients,
    email: str,
    service: str,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str | int | datetime | None] | None = None,
    seconds: float = CALL_SECONDS,
) -> dict[str, Any]:
    """Call a route below `/internal/hosts/{host_id}`; parameters with None are left out."""
    host_id = await users.find_id(clients, email)
    given = {} if query is None else query
    answer = await clients.call(
        service,
        method,
        f"/internal/hosts/{host_id}{path}",
        Document,
        body=None if body is None else Document(dict(body)),
        query={name: _text(value) for name, value in given.items() if value is not None},
        seconds=seconds,
    )
    return answer.root


def _text(value: str | int | datetime) -> str:
    return format_instant(value) if isinstance(value, datetime) else str(value)
