"""The dependencies of use cases."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from linktime_bookings.clients.accounts import AccountLinks
from linktime_bookings.clients.availability import AvailabilityClient
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.domain.email_limits import EmailLimits
from linktime_bookings.domain.links import Links
from linktime_bookings.domain.mail_server import MailServer
from linktime_bookings.domain.sender import Sender
from linktime_common.clock import Clock
from linktime_common.postgres import Database


@dataclass(frozen=True)
class Deps:
    """Built once in `app.py`."""

    database: Database
    clock: Clock
    availability: AvailabilityClient
    accounts: AccountLinks
    contacts: Contacts
    directory: RecipientDirectory
    links: Links
    request_deadline_seconds: float
    email_limits: EmailLimits
    mail_retention: timedelta
    invitee_retention: timedelta | None
    mail_server: MailServer | None
    sender: Sender


DEPS: Final = web.AppKey("deps", Deps)
