"""Builds an aiohttp application from routes: identity, errors, request ids, one log line each."""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from ipaddress import ip_address
from types import NoneType
from typing import Any
from uuid import UUID

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
from linktime_common.http.writes import STATUSES
from linktime_common.identity import HEADER, Verifier
from linktime_common.ids import random_hex
from linktime_common.tracing import SpanKind, TraceStep

REQUEST_ID = "X-Request-Id"
LOGGABLE = (Enum, UUID, int, float, datetime, NoneType)
_SANE_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")

_DURATION = Histogram(
    "linktime_http_request_seconds", "Response time", ["method", "route", "status"]
)


def request_id(candidate: str | None) -> str:
    """Return the caller's request id if it is valid, else a new one."""
    if candidate and _SANE_ID.fullmatch(candidate):
        return candidate
    return f"req_{random_hex(96)}"


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
    async def work(
        request: web.Request, handler: AiohttpHandler, route: Route
    ) -> web.StreamResponse:
        if route.caller_kinds:
            identity = verifier.verify(request.headers.get(HEADER))
            auth.check(identity, route)
            request[auth.CALLER] = identity
        return await as_declared(request, await handler(request), route)

    async def respond(
        request: web.Request, handler: AiohttpHandler, path: str, step: TraceStep
    ) -> web.StreamResponse:
        began = time.perf_counter()
        identifier = request_id(request.headers.get(REQUEST_ID))
        route = declared.get((request.method, path))
        log = logs.logger().bind(request_id=identifier, method=request.method, route=path)
        try:
            request[STATUSES] = statuses
            response = await (handler(request) if route is None else work(request, handler, route))
        except asyncio.CancelledError:
            log.info("request cancelled: its caller has closed the connection")
            raise
        except Exception as error:
            log = log.bind(refused=type(error).__name__)
            if isinstance(error, Refusal):
                log = log.bind(**_loggable(error.facts))
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


def _loggable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that cannot contain user input: ids, numbers, instants, constants, IPs."""
    return {
        name: value
        for name, value in facts.items()
        if isinstance(value, LOGGABLE) or (isinstance(value, str) and _is_identifier(value))
    }


def _is_identifier(text: str) -> bool:
    for kind in (UUID, ip_address):
        with contextlib.suppress(ValueError):
            kind(text)
            return True
    return False


def _spelled(route: web.AbstractRoute) -> str:
    return route.resource.canonical if route.resource else "(none)"
