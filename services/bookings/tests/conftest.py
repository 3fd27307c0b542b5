"""A migrated database, the two services that bookings asks, and bookings itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from services.bookings.tests.fakes import (
    EventType,
    FakeAvailability,
    FakeContacts,
    a_host,
    answering,
)

from linktime_bookings.app import SERVICE
from linktime_bookings.clients.availability import Availability
from linktime_bookings.clients.contacts import Contacts
from linktime_bookings.deps import Deps
from linktime_bookings.domain.links import Links
from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.identity import Door
from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_common.process import Role
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import Running, key_between, running, signer_of

PUBLIC_URL = "https://meet.example"
LINK_KEY = key_between("bookings", "invitee")
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


def slot(number: int) -> datetime:
    """A half hour from tomorrow on; those of different numbers do not overlap."""
    return TOMORROW + number * timedelta(minutes=30)


def wire(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def booking_request(starts_at: datetime, **more: object) -> dict[str, Any]:
    """A body of POST /api/v1/bookings."""
    return {
        "eventTypeSlug": "intro",
        "startTime": wire(starts_at),
        "inviteeName": "Grace Hopper",
        "inviteeEmail": "grace@navy.example",
        "inviteeTimezone": "America/New_York",
        **more,
    }


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
    """A half hour with a host, no questions, no buffers."""
    return availability.add(EventType(a_host()))


@pytest.fixture
async def availability_url(availability: FakeAvailability) -> AsyncIterator[str]:
    async with answering("availability", availability.routes()) as url:
        yield url


@pytest.fixture
async def contacts_url(contacts: FakeContacts) -> AsyncIterator[str]:
    async with answering("contacts", contacts.routes()) as url:
        yield url


@pytest.fixture
async def deps(database: Database, availability_url: str, contacts_url: str) -> AsyncIterator[Deps]:
    """What use cases reach, for tests that call them without HTTP."""
    async with open_session() as session:
        signer = signer_of("bookings", "availability", "contacts")

        def client(audience: str, url: str) -> InternalClient:
            return InternalClient(session, base_url=url, audience=audience, signer=signer)

        yield Deps(
            database=database,
            clock=SystemClock(),
            availability=Availability(client("availability", availability_url)),
            contacts=Contacts(client("contacts", contacts_url)),
            links=Links([LINK_KEY], PUBLIC_URL),
            request_deadline_seconds=3.0,
        )


@pytest.fixture
def settings(dsn: str, availability_url: str, contacts_url: str) -> dict[str, Any]:
    """What a bookings service under test is told."""
    return {
        "postgres_dsn": dsn,
        "broker_url": "amqp://127.0.0.1:1/",
        "availability_internal_url": availability_url,
        "contacts_internal_url": contacts_url,
        "public_url": PUBLIC_URL,
        "link_keys": [LINK_KEY],
        "identity_issue": {name: key_between("bookings", name) for name in CALLED},
    }


CALLED = ("availability", "contacts")


@pytest.fixture
async def service(settings: dict[str, Any]) -> AsyncIterator[Running]:
    async with running(SERVICE, Role.SERVE, **settings) as service:
        yield service


@dataclass(frozen=True)
class Reply:
    """A status, the parsed body and the headers."""

    status: int
    body: Any
    headers: Any


@dataclass(frozen=True)
class Caller:
    """One host's key at a bookings service, as the gateway passes it on."""

    service: Running
    host_id: UUID

    async def get(self, path: str, **query: str) -> Reply:
        return await self.send("GET", path, params=query)

    async def post(self, path: str, body: Any = None, key: str | None = None) -> Reply:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.send("POST", path, json=body, headers=headers)

    async def send(self, method: str, path: str, **more: Any) -> Reply:
        identity = self.service.identity(Door.API_KEY, subject=self.host_id)
        headers = {**identity, **more.pop("headers", {})}
        url = f"{self.service.url}/api/v1/bookings{path}"
        async with self.service.session.request(method, url, headers=headers, **more) as response:
            return Reply(response.status, await response.json(), response.headers)

    async def book(self, starts_at: datetime, key: str | None = None, **more: object) -> Reply:
        return await self.post("", booking_request(starts_at, **more), key)

    async def booked(self, starts_at: datetime, **more: object) -> str:
        """The id of a new booking."""
        reply = await self.book(starts_at, **more)
        assert reply.status == 201, reply
        return str(reply.body["bookingId"])


@pytest.fixture
def host(service: Running, event_type: EventType) -> Caller:
    """The host of `event_type`."""
    return Caller(service, event_type.host.id)


@pytest.fixture
def stranger(service: Running) -> Caller:
    """Another host, with a key of their own."""
    return Caller(service, a_host("Bob").id)


async def rows(database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """What a statement finds in the service's database."""
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement, *values)]


async def lock_waiters(database: Database) -> int:
    """How many sessions wait for a lock of another."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    ((waiting,),) = await rows(database, statement)
    return int(waiting)


async def events(database: Database) -> list[str]:
    """The types of all events written, in order."""
    found = await rows(database, "SELECT routing_key FROM outbox ORDER BY seq")
    return [routing_key.removesuffix(".v1") for (routing_key,) in found]
