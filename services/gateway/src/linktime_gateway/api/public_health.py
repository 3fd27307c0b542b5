"""`/healthz` of the public port: whether this process takes requests, and nothing else."""

import asyncio

from aiohttp import hdrs, web

from linktime_common.http.bodies import reply_json

HEALTHZ = "/healthz"
METHODS = (hdrs.METH_GET, hdrs.METH_HEAD)


class PublicHealth:
    """Answers without asking anything: a load balancer asks every few seconds."""

    def __init__(self, stop_delay_seconds: float) -> None:
        self._stop_delay_seconds = stop_delay_seconds
        self._is_stopping = False

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return 200, or 503 while the process stops; raises HTTPMethodNotAllowed."""
        if request.method not in METHODS:
            raise web.HTTPMethodNotAllowed(request.method, METHODS)
        if self._is_stopping:
            response = reply_json({"status": "stopping"}, status=503)
        else:
            response = reply_json({"status": "ok"})
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        return response

    async def leave(self) -> None:
        """Answer 503 from now on, and return when load balancers have had time to notice."""
        self._is_stopping = True
        await asyncio.sleep(self._stop_delay_seconds)
