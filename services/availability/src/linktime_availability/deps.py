"""The dependencies of use cases and request handlers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from linktime_availability.clients.scim import HostDirectory
from linktime_availability.domain.event_type import Offer
from linktime_availability.domain.wall_time import Span
from linktime_availability.images.shrinking import ImageShrinker
from linktime_availability.turns import HostTurns
from linktime_common.clock import Clock
from linktime_common.egress.client import GuardedClient
from linktime_common.postgres import Database
from linktime_common.sealing import Sealer

Recheck = Callable[[Offer, Span, "Deps"], Awaitable[bool]]
"""Returns whether a calendar of the host, asked now, is busy in the span."""


@dataclass(frozen=True)
class Deps:
    database: Database
    clock: Clock
    directory: HostDirectory
    turns: HostTurns
    images: ImageShrinker
    hold_seconds: int
    public_url: str
    sealer: Sealer
    guarded: GuardedClient
    uid_domain: str
    """What the UIDs of LinkTime's own events end with, after `@`."""
    pepper: str
    """Added to passwords before their requests are hashed for repeats."""
    recheck: Recheck


DEPS = web.AppKey("deps", Deps)
