"""Reads the public API for pages, as an invitee without a credential."""

import asyncio

from linktime_common.identity import HEADER, CallerKind, Signer
from linktime_common.request_ids import REQUEST_ID
from linktime_gateway.clients.connections import UpstreamResponse
from linktime_gateway.clients.forwards import load_forwards
from linktime_gateway.clients.upstream import Upstream
from linktime_gateway.domain.route_table import RouteTable


class PublicReads:
    """GET requests to forwarded public routes, within the time of each."""

    def __init__(self, upstream: Upstream, signer: Signer) -> None:
        self._upstream = upstream
        self._signer = signer
        public = [one for one in load_forwards() if one.caller_kind is CallerKind.PUBLIC]
        self._routes = RouteTable(public)

    async def read(self, path: str, *, request_id: str, query: str = "") -> UpstreamResponse:
        """Return the service's response; raises Unavailable, and KeyError for an unknown path."""
        route = (self._routes.methods_at(path) or {})["GET"]
        headers = {
            HEADER: self._signer.sign(route.service, CallerKind.PUBLIC),
            REQUEST_ID: request_id,
        }
        deadline = asyncio.get_running_loop().time() + route.seconds
        # The path stands for its host: a crowd on one page causes one read.
        async with self._upstream.turn(
            route.service, "GET", [path], seconds=route.seconds, caller_seconds=route.seconds
        ):
            return await self._upstream.send(
                route.service,
                "GET",
                f"{path}?{query}" if query else path,
                headers=headers,
                body=None,
                deadline=deadline,
            )
