"""Builds this service's parts."""

import asyncio
from datetime import timedelta
from email.utils import parseaddr
from functools import partial

from linktime_bookings.api.errors import STATUSES
from linktime_bookings.api.routes import INTERNAL, PUBLIC
from linktime_bookings.clients.accounts import AccountLinks
from linktime_bookings.clients.availability import AvailabilityClient
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.email_limits import EmailLimits
from linktime_bookings.domain.links import Links
from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail.connections import SmtpConnections
from linktime_bookings.mail.delivery import MailDelivery
from linktime_bookings.mail.preparing import Preparer
from linktime_bookings.settings import BookingsSettings
from linktime_bookings.use_cases.delete_host import delete_host
from linktime_bookings.use_cases.inventory import KINDS
from linktime_bookings.workers import mail_jobs, workers
from linktime_common.clock import SystemClock
from linktime_common.event_uids import public_domain
from linktime_common.logs import logger
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
        accounts=AccountLinks(runtime.client("gateway", settings.gateway_internal_url)),
        contacts=Contacts(runtime.client("contacts", settings.contacts_internal_url)),
        directory=RecipientDirectory(runtime.client("scim", settings.scim_internal_url)),
        links=Links(link_keys, str(settings.public_url)),
        request_deadline_seconds=settings.request_deadline_seconds,
        email_limits=EmailLimits(
            to_invitee=settings.mails_per_address,
            of_host=settings.mails_per_host,
            to_user=settings.mails_per_user,
        ),
        mail_retention=timedelta(days=settings.mail_retention_days),
        invitee_retention=settings.invitee_retention(),
        mail_server=settings.mail_server(),
        sender=_sender(settings),
    )
    delivery = _delivery(runtime, deps)
    host_left, mail_is_due = asyncio.Event(), asyncio.Event()

    def wake() -> None:
        host_left.set()
        mail_is_due.set()

    # A change of a booking writes an event and its mails together.
    runtime.database.on_events.append(mail_is_due.set)
    return OwnParts(
        deps,
        delete_user=partial(delete_host, deps),
        workers=[
            *workers(deps, host_left, every_seconds=settings.sweep_interval_seconds),
            *mail_jobs(delivery, mail_is_due),
        ],
        on_effect=wake,
        problems={"mail": delivery.problem},
    )


def _delivery(runtime: Runtime[BookingsSettings], deps: Deps) -> MailDelivery:
    """Return what sends mail; its connections are opened when they are needed."""
    preparer = Preparer(deps)
    if deps.mail_server is None:
        if runtime.role.works:
            logger().warning("no mail is sent: BOOKINGS_SMTP_HOST is not set")
        return MailDelivery(deps, preparer, None)
    client = SmtpConnections(deps.mail_server)
    runtime.stack.push_async_callback(client.close)
    return MailDelivery(deps, preparer, client)


def _sender(settings: BookingsSettings) -> Sender:
    name, address = parseaddr(settings.sender())
    return Sender(
        address=address,
        name=name,
        domain=public_domain(str(settings.public_url)),
        uid_domain=settings.uid_domain or public_domain(str(settings.public_url)),
        public_url=str(settings.public_url),
    )


SERVICE = Declaration(
    name="bookings",
    settings=BookingsSettings,
    public_routes=PUBLIC,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    inventory=KINDS,
    consumer=partial(Consumer, handlers=HANDLERS),
).service()
