"""Routes: method, path and the caller kinds that each one allows."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from linktime_common.http.operations import DescribedHandler, Handler, Operation
from linktime_common.identity import CallerKind

HOST_ID = "host_id"
"""The path parameter with which the operator names a host."""

OPEN: frozenset[CallerKind] = frozenset()
"""For health and metrics on the internal port only: no identity is required."""

HostOf = Callable[[web.Request], Awaitable[str | None]]
"""Returns whose share of the turns a request uses, such as the id of a host or an event type."""


@dataclass(frozen=True)
class Route:
    """One method and path (aiohttp's pattern syntax), and the allowed caller kinds.

    `caller_kinds` has no default on purpose: a route without caller kinds fails at start. `issuers`
    restricts a service's route to the named services. `operation` describes a public route.
    `host_of` finds the host if neither the identity nor a parameter of the path names it.
    """

    method: str
    path: str
    handler: Handler
    caller_kinds: frozenset[CallerKind]
    issuers: frozenset[str] = field(default_factory=frozenset)
    operation: Operation | None = None
    host_of: HostOf | None = None


def route(
    method: str,
    path: str,
    handler: Handler | DescribedHandler,
    *caller_kinds: CallerKind,
    issuers: Iterable[str] = (),
    host_of: HostOf | None = None,
) -> Route:
    """Return a route of any handler; raises ValueError without a caller kind."""
    kinds, named = frozenset(caller_kinds), frozenset(issuers)
    if not kinds:
        raise ValueError(f"{method} {path} declares no caller kind")
    if CallerKind.SERVICE in kinds and not named:
        raise ValueError(f"{method} {path} is open to services but names none")
    if isinstance(handler, DescribedHandler):
        return Route(method, path, handler.handler, kinds, named, handler.operation, host_of)
    return Route(method, path, handler, kinds, named, host_of=host_of)


get, post, put, patch, delete = (
    partial(route, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
)


def keyed(method: str, path: str, handler: DescribedHandler) -> Route:
    """Return a route of `/api/v1`, for hosts with a key."""
    return route(method, f"/api/v1{path}", handler, CallerKind.API_KEY)


def session(method: str, path: str, handler: DescribedHandler) -> Route:
    """Return a route of `/dashboard/api`, for hosts with a session."""
    return route(method, f"/dashboard/api{path}", handler, CallerKind.SESSION)


def operated(method: str, path: str, handler: DescribedHandler) -> Route:
    """Return the internal route with which the operator acts for the host in the path."""
    return route(method, f"/internal/hosts/{{{HOST_ID}}}{path}", handler, CallerKind.OPERATOR)


def host(method: str, path: str, handler: DescribedHandler) -> tuple[Route, Route]:
    """Return both routes for hosts, with a key and with a session."""
    return keyed(method, path, handler), session(method, path, handler)
