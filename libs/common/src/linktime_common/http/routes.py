"""What a service answers: every method and path with the doors it opens to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from linktime_common.http.operations import DescribedHandler, Handler, Operation
from linktime_common.identity import Door

OPEN: frozenset[Door] = frozenset()
"""For health and metrics on the internal port only: no identity is asked for."""


@dataclass(frozen=True)
class Route:
    """One method and path (aiohttp's pattern syntax), and who may call it.

    `doors` has no default on purpose: a route that does not say who may enter does not start.
    `issuers` narrows a service door to the services named. `operation` describes what the outside
    may call.
    """

    method: str
    path: str
    handler: Handler
    doors: frozenset[Door]
    issuers: frozenset[str] = field(default_factory=frozenset)
    operation: Operation | None = None


def route(
    method: str,
    path: str,
    handler: Handler | DescribedHandler,
    *doors: Door,
    issuers: Iterable[str] = (),
) -> Route:
    """A route of any handler; raises ValueError without a door."""
    entered, named = frozenset(doors), frozenset(issuers)
    if not entered:
        raise ValueError(f"{method} {path} declares no door")
    if Door.SERVICE in entered and not named:
        raise ValueError(f"{method} {path} is open to services but names none")
    if isinstance(handler, DescribedHandler):
        return Route(method, path, handler.handler, entered, named, handler.operation)
    return Route(method, path, handler, entered, named)


get, post, put, patch, delete = (
    partial(route, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
)


def keyed(method: str, path: str, handler: DescribedHandler) -> Route:
    """What a host reaches at `/api/v1` with a key."""
    return route(method, f"/api/v1{path}", handler, Door.API_KEY)


def session(method: str, path: str, handler: DescribedHandler) -> Route:
    """What a host reaches at `/dashboard/api` with a session."""
    return route(method, f"/dashboard/api{path}", handler, Door.SESSION)


def host(method: str, path: str, handler: DescribedHandler) -> tuple[Route, Route]:
    """What a host reaches both ways, with a key and with a session."""
    return keyed(method, path, handler), session(method, path, handler)
