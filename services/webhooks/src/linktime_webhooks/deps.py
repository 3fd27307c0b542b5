"""What use cases and handlers may reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from linktime_common.clock import Clock, SystemClock
from linktime_common.postgres import Database
from linktime_common.sealing import Sealer
from linktime_webhooks.domain.addresses import Network


@dataclass(frozen=True)
class Deps:
    database: Database
    sealer: Sealer
    allowed_networks: Sequence[Network]
    allow_http: bool
    clock: Clock = field(default_factory=SystemClock)


DEPS = web.AppKey("deps", Deps)
