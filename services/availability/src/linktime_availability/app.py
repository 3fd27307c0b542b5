"""Builds this service's parts."""

from functools import partial

from linktime_availability.api.errors import STATUSES
from linktime_availability.api.routes import INTERNAL, PUBLIC
from linktime_availability.clients.scim import HostDirectory
from linktime_availability.consumers import HANDLERS
from linktime_availability.deps import DEPS, Deps
from linktime_availability.settings import AvailabilitySettings
from linktime_availability.turns import HostTurns
from linktime_common.clock import SystemClock
from linktime_common.messaging.consumer import Consumer
from linktime_common.service import Declaration, OwnParts, Runtime


async def build(runtime: Runtime[AvailabilitySettings]) -> OwnParts[Deps]:
    """Build the dependencies of use cases; this service has no jobs."""
    settings = runtime.settings
    return OwnParts(
        Deps(
            database=runtime.database,
            clock=SystemClock(),
            directory=HostDirectory(runtime.client("scim", settings.scim_internal_url)),
            turns=HostTurns(),
            hold_seconds=settings.hold_seconds,
            public_url=str(settings.public_url).rstrip("/"),
        )
    )


SERVICE = Declaration(
    name="availability",
    settings=AvailabilitySettings,
    public_routes=PUBLIC,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    consumer=partial(Consumer, handlers=HANDLERS),
).service()
