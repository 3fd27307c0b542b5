"""Builds this service's parts."""

import contextlib
from datetime import timedelta
from functools import partial

from linktime_common.clock import ShiftedClock
from linktime_common.errors import Unavailable
from linktime_common.messaging.consumer import Consumer
from linktime_common.sealing import Sealer
from linktime_common.service import Declaration, OwnParts, Runtime
from linktime_webhooks.api.errors import STATUSES
from linktime_webhooks.api.routes import INTERNAL, PUBLIC
from linktime_webhooks.clients.subscriber import Subscribers
from linktime_webhooks.consumers import HANDLERS
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.dispatcher.dispatcher import Dispatcher
from linktime_webhooks.settings import WebhooksSettings
from linktime_webhooks.use_cases.delete_owner import delete_owner
from linktime_webhooks.use_cases.inventory import KINDS
from linktime_webhooks.use_cases.retain import retain
from linktime_webhooks.workers import workers

# More events per batch, and sooner, than elsewhere: subscribers wait for them.
PREFETCH = 600
MOST_TOGETHER = 200
BETWEEN = timedelta(milliseconds=20)


async def build(runtime: Runtime[WebhooksSettings]) -> OwnParts[Deps]:
    """Build the dependencies of use cases, the dispatcher and the jobs."""
    settings = runtime.settings
    sealer = Sealer([key.get_secret_value() for key in settings.sealing_keys])
    settings.warn_if_open("webhooks")
    resolver = await runtime.stack.enter_async_context(settings.new_resolver())
    subscribers = await runtime.stack.enter_async_context(
        Subscribers(settings.way_out(resolver), allow_http=settings.allow_http)
    )
    clock = ShiftedClock(settings.clock_shift)
    deps = Deps(runtime.database, sealer, resolver, settings.allow_http, clock)
    if runtime.role.works:
        # So that the first write finds its partition; if this fails, the job creates it later.
        with contextlib.suppress(Unavailable):
            await retain(deps)
    dispatcher = Dispatcher(deps, subscribers, settings.retry_delays_seconds)
    return OwnParts(
        deps,
        delete_user=partial(delete_owner, runtime.database),
        workers=workers(deps, dispatcher),
        on_effect=dispatcher.wake,
    )


SERVICE = Declaration(
    name="webhooks",
    settings=WebhooksSettings,
    public_routes=PUBLIC,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    inventory=KINDS,
    consumer=partial(
        Consumer,
        handlers=HANDLERS,
        prefetch=PREFETCH,
        most_together=MOST_TOGETHER,
        between=BETWEEN,
    ),
).service()
