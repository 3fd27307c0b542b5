"""A migrated database, fakes of three services, and the bookings service: one of each for a module,
without rows at the start of each test.

A module whose tests change the schema, or need other settings, has them for each test:

    @pytest.fixture
    async def prepared(template_databases):
        async with surroundings_of(template_databases) as made:
            yield made
"""

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
)
from services.bookings.tests.feeds import Directory
from services.bookings.tests.mail.queued import LIMITS, SENDER
from services.bookings.tests.surroundings import CALLED, Surroundings, surroundings_of

from linktime_bookings.clients.accounts import AccountLinks
from linktime_bookings.clients.availability import AvailabilityClient
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.deps import Deps
from linktime_bookings.domain.links import Links
from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.postgres import Database
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import Running, signer_of


@pytest.fixture(scope="module")
async def prepared(
    template_databases: TemplateDatabases,
) -> AsyncIterator[Surroundings]:
    async with surroundings_of(template_databases) as made:
        yield made


@pytest.fixture
async def surroundings(prepared: Surroundings) -> Surroundings:
    """Those of the module, as if they were new."""
    await prepared.clear()
    return prepared


@pytest.fixture
def database(surroundings: Surroundings) -> Database:
    return surroundings.database


@pytest.fixture
def availability(surroundings: Surroundings) -> FakeAvailability:
    return surroundings.availability


@pytest.fixture
def contacts(surroundings: Surroundings) -> FakeContacts:
    return surroundings.contacts


@pytest.fixture
def directory(surroundings: Surroundings) -> Directory:
    """No account exists, so mails about a booking go to the address in the booking."""
    return surroundings.directory


@pytest.fixture
def settings(surroundings: Surroundings) -> dict[str, Any]:
    """The settings of a service under test."""
    return surroundings.settings


@pytest.fixture
def service(surroundings: Surroundings) -> Running:
    return surroundings.service


@pytest.fixture
def event_type(availability: FakeAvailability) -> EventType:
    """An event type of half an hour, without questions and buffers."""
    return availability.add(EventType(a_host()))


@pytest.fixture
async def deps(database: Database, settings: dict[str, Any]) -> AsyncIterator[Deps]:
    """The dependencies of use cases, for tests without HTTP."""
    async with open_session() as session:
        signer = signer_of("bookings", *CALLED)

        def client(audience: str) -> InternalClient:
            url = settings[f"{audience}_internal_url"]
            return InternalClient(session, base_url=url, audience=audience, signer=signer)

        yield Deps(
            database=database,
            clock=SystemClock(),
            availability=AvailabilityClient(client("availability")),
            contacts=Contacts(client("contacts")),
            accounts=AccountLinks(client("gateway")),
            directory=RecipientDirectory(client("scim")),
            links=Links([LINK_KEY], PUBLIC_URL),
            request_deadline_seconds=3.0,
            email_limits=LIMITS,
            mail_retention=timedelta(days=30),
            invitee_retention=None,
            mail_server=None,
            sender=SENDER,
        )


@pytest.fixture
def host(service: Running, event_type: EventType) -> Caller:
    """The host of `event_type`."""
    return Caller(service, event_type.host.id)


@pytest.fixture
def stranger(service: Running) -> Caller:
    """Another host, with another API key."""
    return Caller(service, a_host("Bob").id)
