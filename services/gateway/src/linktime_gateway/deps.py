"""What use cases and handlers may reach."""

from dataclasses import dataclass

from aiohttp import web

from linktime_common.clock import Clock
from linktime_common.postgres import Database
from linktime_gateway.clients.directory import Directory
from linktime_gateway.clients.passwords import Passwords
from linktime_gateway.store.key_cache import KeyCache
from linktime_gateway.store.limits import Limits


@dataclass(frozen=True)
class Deps:
    database: Database
    clock: Clock
    directory: Directory
    passwords: Passwords
    key_cache: KeyCache
    limits: Limits


DEPS = web.AppKey("deps", Deps)
