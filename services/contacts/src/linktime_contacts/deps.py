"""Dependencies of use cases and handlers."""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from linktime_common.clock import Clock
from linktime_common.postgres import Database


@dataclass(frozen=True)
class Deps:
    database: Database
    clock: Clock
    message_retention: timedelta | None = None
    call_retention: timedelta | None = None


DEPS = web.AppKey("deps", Deps)
