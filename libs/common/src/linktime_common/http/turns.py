"""The turns of a port's requests: whom each is for, and how long it may wait.

Services call each other in one direction only, and each port has its own turns, so that no request
waits for a turn that a request waiting for it holds.
"""

import contextlib
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

from aiohttp import web

from linktime_common.fair_turns import RequestTurns
from linktime_common.http.bodies import read_json
from linktime_common.http.call_headers import CALLER_SECONDS, CLIENT
from linktime_common.http.health import PROBES
from linktime_common.http.operations import SECONDS
from linktime_common.http.routes import HOST_ID, HostOf, Route
from linktime_common.identity import CallerKind, Identity
from linktime_common.settings import POOL_SIZE

AT_ONCE = 2 * POOL_SIZE
"""A request also computes and calls other services, during which another one uses the database."""
MOST_WAITING = 16 * AT_ONCE
# Path parameters that name a host, or else one thing of a host.
NAMES = (HOST_ID, "username", "user_id", "id", "token")
MOST_SECONDS = 60.0

ARRIVED: Final = web.RequestKey("arrived", float)
"""The loop's time when the request arrived, before its turn."""


class PortTurns:
    """The turns of one port of a service; health and metrics need none."""

    def __init__(self) -> None:
        self._turns = RequestTurns(AT_ONCE, MOST_WAITING)

    def turn(
        self, request: web.Request, route: Route, parties: Iterable[str]
    ) -> AbstractAsyncContextManager[None]:
        """Return a context that holds a turn; entering it raises Overloaded."""
        if route.path in PROBES:
            return nullcontext()
        seconds = SECONDS if route.operation is None else route.operation.seconds
        return self._turns.turn(
            route.method,
            parties,
            seconds=seconds,
            caller_seconds=_caller_seconds(request, seconds),
        )


async def parties_of(request: web.Request, route: Route, identity: Identity) -> list[str]:
    """Return whom a request is for: the host, and the client's address without a credential."""
    host = await route.host_of(request) if route.host_of else _host(request, identity)
    address = request.headers.get(CLIENT)
    if identity.caller_kind is CallerKind.PUBLIC and address:
        return [f"address {address}", *([host] if host else [])]
    return [host or identity.issuer]


def named_in_body(*fields: str) -> HostOf:
    """Return a function that finds a host by the first of these fields that a body has."""

    async def find(request: web.Request) -> str | None:
        body = await read_json(request)
        named = body if isinstance(body, dict) else {}
        return next((str(named[name]) for name in fields if named.get(name)), None)

    return find


def named_in_query(field: str) -> HostOf:
    """Return a function that finds a host by this field of the query."""

    async def find(request: web.Request) -> str | None:
        return request.query.get(field)

    return find


def _host(request: web.Request, identity: Identity) -> str | None:
    caller = identity.subject or identity.organization
    if caller is not None:
        return str(caller)
    return next((request.match_info[name] for name in NAMES if name in request.match_info), None)


def _caller_seconds(request: web.Request, otherwise: float) -> float:
    with contextlib.suppress(ValueError):
        seconds = float(request.headers.get(CALLER_SECONDS, ""))
        if 0 < seconds <= MOST_SECONDS:
            return seconds
    return otherwise
