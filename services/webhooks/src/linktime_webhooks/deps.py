"""What use cases and handlers may reach."""

from dataclasses import dataclass

from aiohttp import web

from linktime_common.postgres import Database
from linktime_common.sealing import Sealer
from linktime_webhooks.clients.resolver import Resolver


@dataclass(frozen=True)
class Deps:
    database: Database
    sealer: Sealer
    resolver: Resolver
    allow_http: bool


DEPS = web.AppKey("deps", Deps)
