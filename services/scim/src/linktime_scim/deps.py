"""The dependencies of use cases and handlers."""

from dataclasses import dataclass

from aiohttp import web

from linktime_common.clock import Clock
from linktime_common.contracts.events.scim import Plan
from linktime_common.postgres import Database


@dataclass(frozen=True)
class Deps:
    database: Database
    clock: Clock
    default_plan: Plan
    public_url: str
    plan_changes: bool = False


DEPS = web.AppKey("deps", Deps)
