"""The dependencies of use cases and request handlers."""

from dataclasses import dataclass

from aiohttp import web

from linktime_availability.clients.scim import HostDirectory
from linktime_availability.turns import HostTurns
from linktime_common.clock import Clock
from linktime_common.postgres import Database


@dataclass(frozen=True)
class Deps:
    database: Database
    clock: Clock
    directory: HostDirectory
    turns: HostTurns
    hold_seconds: int
    public_url: str


DEPS = web.AppKey("deps", Deps)
