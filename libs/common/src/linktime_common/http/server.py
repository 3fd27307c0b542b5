"""Builds an aiohttp application from routes: identity, errors, request ids, one log line each."""

import asyncio
import time
from collections.abc import Iterable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler as AiohttpHandler
from aiohttp.typedefs import Middleware
from prometheus_client import Histogram

from linktime_common import logs, tracing
from linktime_common.errors import Refusal
from linktime_common.http import auth
from linktime_common.http.bodies import MOST_BYTES
from linktime_common.http.errors import StatusTable, reply_to
from linktime_common.http.health import PROBES
from linktime_common.http.ignored_parameters import name_ignored
from linktime_common.http.resources import as_declared
from linktime_common.http.routes import Route
from linktime_common.http.turns import ARRIVED, PortTurns, parties_of
from linktime_common.http.writes import STATUSES
from linktime_common.identity import HEADER, Verifier
from linktime_common.request_ids import REQUEST_ID, begin_request
from linktime_common.tracing import SpanKind, TraceStep

_DURATION = Histogram(
    "linktime_http_request_seconds", "Response time", ["method", "route", "status"]
)


def build_app(
    routes: Iterable[Route],
    *,
    verifier: Verifier,
    statuses: StatusTable,
    state: Mapping["web.AppKey[object]", object] | None = None,
) -> web.Application:
    """Return an application with these routes and no others."""
    declared: dict[tuple[str, str], Route] = {}
    app = web.Application(
        middlewares=[_middleware(declared, verifier, statuses)], client_max_size=MOST_BYTES
    )
    for key, value in (state or {}).items():
        app[key] = value
    for route in {(route.method, route.path): route for route in routes}.values():
        methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
        for method in methods:
            added = app.router.add_route(method, route.path, route.handler)
            # As aiohttp spells it: "{tail:.*}" of a path becomes "{tail}".
            declared[method, _spelled(added)] = route
    app.on_response_prepare.append(_hide_software)
    return app


async def _hide_software(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)


def _middleware(
    declared: Mapping[tuple[str, str], Route], verifier: Verifier, statuses: StatusTable
) -> Middleware:
    turns = PortTurns()

    async def work(
        request: web.Request, handler: AiohttpHandler, route: Route
    ) -> web.StreamResponse:
        request[ARRIVED] = asyncio.get_running_loop().time()
        parties: list[str] = []
        if route.caller_kinds:
            identity = verifier.verify(request.headers.get(HEADER))
            auth.check(identity, route)
            request[auth.CALLER] = identity
            parties = await parties_of(request, route, identity)
        async with turns.turn(request, route, parties):
            return await as_declared(request, await handler(request), route)

    async def respond(
        request: web.Request, handler: AiohttpHandler, path: str, step: TraceStep
    ) -> web.StreamResponse:
        began = time.perf_counter()
        identifier = begin_request(request.headers.get(REQUEST_ID))
        route = declared.get((request.method, path))
        log = logs.logger().bind(method=request.method, route=path)
        try:
            request[STATUSES] = statuses
            response = await (handler(request) if route is None else work(request, handler, route))
        except asyncio.CancelledError:
            log.info("request cancelled: its caller has closed the connection")
            raise
        except Exception as error:
            log = log.bind(refused=type(error).__name__)
            if isinstance(error, Refusal):
                log = log.bind(**logs.loggable(error.facts))
            response = reply_to(error, statuses)
        response.headers[REQUEST_ID] = identifier
        if route is not None:
            name_ignored(request, response.headers, route.operation)
        seconds = time.perf_counter() - began
        _DURATION.labels(request.method, path, response.status).observe(seconds)
        say = log.debug if path in PROBES else log.info
        step.serve(request.method, path, response.status)
        say("request", status=response.status, milliseconds=round(seconds * 1000, 2))
        return response

    @web.middleware
    async def answer(request: web.Request, handler: AiohttpHandler) -> web.StreamResponse:
        path = _spelled(request.match_info.route)
        with _step(path, request.headers.get("traceparent")) as step:
            return await respond(request, handler, path, step)

    return answer


def _step(path: str, traceparent: str | None) -> TraceStep:
    """Return the step that serves a request; it is named when its status is known."""
    if path in PROBES:
        logs.begin_trace(traceparent)
        return tracing.NOT_RECORDED
    return tracing.continuing(traceparent, "request", SpanKind.SERVER)


def _spelled(route: web.AbstractRoute) -> str:
    return route.resource.canonical if route.resource else "(none)"
