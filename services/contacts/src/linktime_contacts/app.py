"""Build the parts of this service."""

import asyncio
from functools import partial

from linktime_common.clock import SystemClock
from linktime_common.messaging.consumer import Consumer
from linktime_common.service import Declaration, OwnParts, Runtime
from linktime_contacts.api.errors import STATUSES
from linktime_contacts.api.routes import INTERNAL, PUBLIC
from linktime_contacts.consumers import HANDLERS
from linktime_contacts.deps import DEPS, Deps
from linktime_contacts.settings import ContactsSettings
from linktime_contacts.store.owner_deletion import delete_owner
from linktime_contacts.use_cases.inventory import KINDS
from linktime_contacts.workers import workers


async def build(runtime: Runtime[ContactsSettings]) -> OwnParts[Deps]:
    """Return the dependencies; this service calls no other service."""
    settings, confirmed = runtime.settings, asyncio.Event()
    deps = Deps(
        runtime.database,
        SystemClock(),
        message_retention=settings.message_retention(),
        call_retention=settings.call_retention(),
    )
    return OwnParts(
        deps,
        delete_user=partial(delete_owner, runtime.database),
        workers=workers(deps, confirmed),
        on_effect=confirmed.set,
    )


SERVICE = Declaration(
    name="contacts",
    settings=ContactsSettings,
    public_routes=PUBLIC,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    inventory=KINDS,
    consumer=partial(Consumer, handlers=HANDLERS),
).service()
