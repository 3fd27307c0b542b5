"""A migrated database, fakes of two services, and the bookings service."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from services.bookings.tests.calls import (
    LINK_KEY,
    PUBLIC_URL,
    Caller,
)
from services.bookings.tests.fakes import (
    EventType,
    FakeAvailability,
    FakeContacts,
    a_host,
    serving,
)
from services.bookings.tests.feeds import Directory
from services.bookings.tests.mail.queued import LIMITS, SENDER

from linktime_bookings.app import SERVICE
from linktime_bookings.clients.accounts import AccountLinks
from linktime_bookings.clients.availability import AvailabilityClient
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.deps import Deps
from linktime_bookings.domain.links import Links
from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_common.process import ProcessRole
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import Running, key_between, running, signer_of


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async def prepare(address: str) -> None:
        await migrate(address, *SERVICE.migrations)

    async with template_databases.fresh("bookings", prepare) as address:
        yield address


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test")
    yield database
    await database.close()


@pytest.fixture
def availability() -> FakeAvailability:
    return FakeAvailability()


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts()


@pytest.fixture
def event_type(availability: FakeAvailability) -> EventType:
    """An event type of half an hour, without questions and buffers."""
    return availability.add(EventType(a_host()))


@pytest.fixture
async def availability_url(availability: FakeAvailability) -> AsyncIterator[str]:
    async with serving("availability", availability.routes()) as url:
        yield url


@pytest.fixture
async def contacts_url(contacts: FakeContacts) -> AsyncIterator[str]:
    async with serving("contacts", contacts.routes()) as url:
        yield url


@pytest.fixture
def directory() -> Directory:
    """No account exists, so mails about a booking go to the address in the booking."""
    return Directory()


@pytest.fixture
async def scim_url(directory: Directory) -> AsyncIterator[str]:
    async with serving("scim", directory.routes()) as url:
        yield url


@pytest.fixture
async def deps(
    database: Database, availability_url: str, contacts_url: str, scim_url: str
) -> AsyncIterator[Deps]:
    """The dependencies of use cases, for tests without HTTP."""
    async with open_session() as session:
        signer = signer_of("bookings", *CALLED)

        def client(audience: str, url: str) -> InternalClient:
            return InternalClient(session, base_url=url, audience=audience, signer=signer)

        yield Deps(
            database=database,
            clock=SystemClock(),
            availability=AvailabilityClient(client("availability", availability_url)),
            contacts=Contacts(client("contacts", contacts_url)),
            accounts=AccountLinks(client("gateway", "http://127.0.0.1:1")),
            directory=RecipientDirectory(client("scim", scim_url)),
            links=Links([LINK_KEY], PUBLIC_URL),
            request_deadline_seconds=3.0,
            email_limits=LIMITS,
            mail_retention=timedelta(days=30),
            invitee_retention=None,
            mail_server=None,
            sender=SENDER,
        )


@pytest.fixture
def settings(dsn: str, availability_url: str, contacts_url: str, scim_url: str) -> dict[str, Any]:
    """The settings of a service under test."""
    return {
        "postgres_dsn": dsn,
        "broker_url": "amqp://127.0.0.1:1/",
        "availability_internal_url": availability_url,
        "contacts_internal_url": contacts_url,
        "gateway_internal_url": "http://127.0.0.1:1/",
        "scim_internal_url": scim_url,
        "public_url": PUBLIC_URL,
        "link_keys": [LINK_KEY],
        "identity_issue": {name: key_between("bookings", name) for name in CALLED},
    }


CALLED = ("availability", "contacts", "gateway", "scim")


@pytest.fixture
async def service(settings: dict[str, Any]) -> AsyncIterator[Running]:
    async with running(SERVICE, ProcessRole.SERVE, **settings) as service:
        yield service


@pytest.fixture
def host(service: Running, event_type: EventType) -> Caller:
    """The host of `event_type`."""
    return Caller(service, event_type.host.id)


@pytest.fixture
def stranger(service: Running) -> Caller:
    """Another host, with another API key."""
    return Caller(service, a_host("Bob").id)
