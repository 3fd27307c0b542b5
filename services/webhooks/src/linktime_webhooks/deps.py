"""The dependencies of use cases and handlers."""

from dataclasses import dataclass, field

from aiohttp import web

from linktime_common.clock import Clock, SystemClock
from linktime_common.egress.resolver import Resolver
from linktime_common.postgres import Database
from linktime_common.sealing import Sealer


@dataclass(frozen=True)
class Deps:
    database: Database
    sealer: Sealer
    resolver: Resolver
    allow_http: bool
    clock: Clock = field(default_factory=SystemClock)


DEPS = web.AppKey("deps", Deps)
