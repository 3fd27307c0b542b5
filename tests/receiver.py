"""A webhook subscriber."""

import json
from typing import Any

from aiohttp import web


class Receiver:
    """Keeps every delivery: headers, raw body, and parsed body."""

    def __init__(self) -> None:
        self.url = ""
        self.deliveries: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.deliveries.append((headers, await request.read()))
        return web.Response(status=204)

    def read(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """Return the bodies, of one type if given, each message once, in order of arrival."""
        seen: dict[str, dict[str, Any]] = {}
        for headers, body in self.deliveries:
            seen.setdefault(headers["webhook-id"], json.loads(body))
        return [one for one in seen.values() if event_type in {None, one["type"]}]
