"""Calls to the dashboard's API, as the gateway makes them for a session."""

import json
from io import BytesIO
from typing import Any

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


async def dashboard(
    service: Running,
    host_id: Any,
    method: str,
    path: str,
    body: Any = None,
    *,
    key: str | None = None,
    **query: Any,
) -> tuple[int, Any]:
    """Return status and JSON; a `str` body is sent unchanged, `key` is the Idempotency-Key."""
    sent = body if body is None or isinstance(body, str) else json.dumps(body)
    headers = service.identity(CallerKind.SESSION, subject=host_id)
    if sent is not None:
        headers["Content-Type"] = "application/json"
    if key is not None:
        headers["Idempotency-Key"] = key
    async with service.session.request(
        method,
        f"{service.url}/dashboard/api/{path}",
        headers=headers,
        params=query,
        data=None if sent is None else BytesIO(sent.encode()),
    ) as response:
        return response.status, await response.json()
