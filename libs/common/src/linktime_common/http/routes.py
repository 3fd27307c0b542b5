"""What a service answers: every method and path with the doors it opens to."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web

from linktime_common.http.operations import Operation
from linktime_common.identity import Door

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

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


def get(
    path: str,
    handler: Handler,
    *doors: Door,
    issuers: Iterable[str] = (),
    operation: Operation | None = None,
) -> Route:
    """A GET route; raises ValueError without a door."""
    return _route("GET", path, handler, doors, issuers, operation)


def post(
    path: str,
    handler: Handler,
    *doors: Door,
    issuers: Iterable[str] = (),
    operation: Operation | None = None,
) -> Route:
    """A POST route; raises ValueError without a door."""
    return _route("POST", path, handler, doors, issuers, operation)


def put(
    path: str,
    handler: Handler,
    *doors: Door,
    issuers: Iterable[str] = (),
    operation: Operation | None = None,
) -> Route:
    """A PUT route; raises ValueError without a door."""
    return _route("PUT", path, handler, doors, issuers, operation)


def patch(
    path: str,
    handler: Handler,
    *doors: Door,
    issuers: Iterable[str] = (),
    operation: Operation | None = None,
) -> Route:
    """A PATCH route; raises ValueError without a door."""
    return _route("PATCH", path, handler, doors, issuers, operation)


def delete(
    path: str,
    handler: Handler,
    *doors: Door,
    issuers: Iterable[str] = (),
    operation: Operation | None = None,
) -> Route:
    """A DELETE route; raises ValueError without a door."""
    return _route("DELETE", path, handler, doors, issuers, operation)


def _route(  # noqa: PLR0917 - one line above for each verb
    method: str,
    path: str,
    handler: Handler,
    doors: tuple[Door, ...],
    issuers: Iterable[str],
    operation: Operation | None,
) -> Route:
    if not doors:
        raise ValueError(f"{method} {path} declares no door")
    named = frozenset(issuers)
    if Door.SERVICE in doors and not named:
        raise ValueError(f"{method} {path} is open to services but names none")
    return Route(method, path, handler, frozenset(doors), named, operation)
