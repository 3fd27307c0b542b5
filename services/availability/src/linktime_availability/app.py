"""Builds this service's parts."""

from functools import partial

from linktime_availability.api.errors import STATUSES
from linktime_availability.api.routes import INTERNAL, PUBLIC
from linktime_availability.calendars.expansion.spare import SpareChild
from linktime_availability.calendars.recheck import LimitedRecheck
from linktime_availability.clients.scim import HostDirectory
from linktime_availability.consumers import HANDLERS
from linktime_availability.deps import DEPS, Deps
from linktime_availability.images.shrinking import ImageShrinker
from linktime_availability.settings import AvailabilitySettings
from linktime_availability.store.host_deletion import delete_host
from linktime_availability.turns import HostTurns
from linktime_availability.use_cases.inventory import KINDS
from linktime_availability.workers import sync_workers, workers
from linktime_common.clock import SystemClock
from linktime_common.egress.client import GuardedClient
from linktime_common.event_uids import public_domain
from linktime_common.messaging.consumer import Consumer
from linktime_common.sealing import Sealer
from linktime_common.service import Declaration, OwnParts, Runtime


async def build(runtime: Runtime[AvailabilitySettings]) -> OwnParts[Deps]:
    """Build the dependencies of use cases, and the synchronisation of calendars."""
    settings = runtime.settings
    settings.warn_if_open("calendars")
    keys = [key.get_secret_value() for key in settings.sealing_keys]
    resolver = await runtime.stack.enter_async_context(settings.new_resolver())
    guarded = await runtime.stack.enter_async_context(
        GuardedClient(settings.way_out(resolver), allow_http=settings.allow_http)
    )
    spare_child = SpareChild()
    runtime.stack.push_async_callback(spare_child.close)
    public_url = str(settings.public_url).rstrip("/")
    deps = Deps(
        database=runtime.database,
        clock=SystemClock(),
        directory=HostDirectory(runtime.client("scim", settings.scim_internal_url)),
        turns=HostTurns(),
        images=ImageShrinker(),
        hold_seconds=settings.hold_seconds,
        public_url=public_url,
        sealer=Sealer(keys),
        guarded=guarded,
        uid_domain=settings.uid_domain or public_domain(public_url),
        pepper=keys[0],
        recheck=LimitedRecheck(start=spare_child.take),
    )
    return OwnParts(
        deps,
        delete_user=partial(delete_host, runtime.database),
        workers=workers(deps),
        sync_workers=sync_workers(deps),
    )


SERVICE = Declaration(
    name="availability",
    settings=AvailabilitySettings,
    public_routes=PUBLIC,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    inventory=KINDS,
    consumer=partial(Consumer, handlers=HANDLERS),
    syncs=True,
).service()
