"""Builds this service's parts."""

import asyncio
from datetime import timedelta
from functools import partial

from linktime_bookings.api.errors import STATUSES
from linktime_bookings.api.routes import INTERNAL, PUBLIC
from linktime_bookings.clients.availability import AvailabilityClient
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.clients.directory import AccountDirectory
from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.email_limits import EmailLimits
from linktime_bookings.domain.links import Links
from linktime_bookings.settings import BookingsSettings
from linktime_bookings.workers import workers
from linktime_common.clock import SystemClock
from linktime_common.messaging.consumer import Consumer
from linktime_common.service import Declaration, OwnParts, Runtime


async def build(runtime: Runtime[BookingsSettings]) -> OwnParts[Deps]:
    """Build dependencies and jobs; consumed events wake the job that cancels bookings."""
    settings = runtime.settings
    link_keys = [key.get_secret_value() for key in settings.link_keys]
    deps = Deps(
        database=runtime.database,
        clock=SystemClock(),
        availability=AvailabilityClient(
            runtime.client("availability", settings.availability_internal_url)
        ),
        contacts=Contacts(runtime.client("contacts", settings.contacts_internal_url)),
        directory=AccountDirectory(runtime.client("scim", settings.scim_internal_url)),
        links=Links(link_keys, str(settings.public_url)),
        request_deadline_seconds=settings.request_deadline_seconds,
        email_limits=EmailLimits(
            to_invitee=settings.mails_per_address,
            of_host=settings.mails_per_host,
            to_user=settings.mails_per_user,
        ),
        mail_retention=timedelta(days=settings.mail_retention_days),
    )
    host_left = asyncio.Event()
    return OwnParts(
        deps,
        workers=workers(deps, host_left, every_seconds=settings.sweep_interval_seconds),
        on_effect=host_left.set,
    )


SERVICE = Declaration(
    name="bookings",
    settings=BookingsSettings,
    public_routes=PUBLIC,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    consumer=partial(Consumer, handlers=HANDLERS),
).service()
