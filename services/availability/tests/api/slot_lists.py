"""Requests for slots."""

from typing import Any

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


async def slots(service: Running, host_id: Any, slug: str, **query: Any) -> tuple[int, Any]:
    async with service.session.get(
        f"{service.url}/api/v1/availability/{slug}",
        headers=service.identity(CallerKind.API_KEY, subject=host_id),
        params=query,
    ) as response:
        return response.status, await response.json()
