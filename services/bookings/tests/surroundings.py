"""A migrated database, fakes of three services, and the bookings service."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from services.bookings.tests.calls import LINK_KEY, PUBLIC_URL
from services.bookings.tests.fakes import FakeAvailability, FakeContacts, serving
from services.bookings.tests.feeds import Directory

from linktime_bookings.app import SERVICE
from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_common.process import ProcessRole
from linktime_local.testing.databases import TemplateDatabases, empty
from linktime_local.testing.services import Running, key_between, running

CALLED = ("availability", "contacts", "gateway", "scim")


@dataclass(frozen=True)
class Surroundings:
    """What a test uses; `settings` are those of `service`, for other processes beside it."""

    database: Database
    availability: FakeAvailability
    contacts: FakeContacts
    directory: Directory
    settings: dict[str, Any]
    service: Running

    async def clear(self) -> None:
        """Delete all rows, and what the fakes know."""
        await empty(self.settings["postgres_dsn"])
        for fake in (self.availability, self.contacts, self.directory):
            fake.forget()


@contextlib.asynccontextmanager
async def surroundings_of(
    template_databases: TemplateDatabases, **more: Any
) -> AsyncIterator[Surroundings]:
    """Run everything during the block; `more` are settings of the service."""
    availability, contacts, directory = FakeAvailability(), FakeContacts(), Directory()
    async with (
        template_databases.fresh("bookings", _migrate) as dsn,
        serving("availability", availability.routes()) as availability_url,
        serving("contacts", contacts.routes()) as contacts_url,
        serving("scim", directory.routes()) as scim_url,
    ):
        settings = {
            "postgres_dsn": dsn,
            "broker_url": "amqp://127.0.0.1:1/",
            "availability_internal_url": availability_url,
            "contacts_internal_url": contacts_url,
            "gateway_internal_url": "http://127.0.0.1:1/",
            "scim_internal_url": scim_url,
            "public_url": PUBLIC_URL,
            "link_keys": [LINK_KEY],
            "identity_issue": {name: key_between("bookings", name) for name in CALLED},
            **more,
        }
        database = await connect(dsn, application_name="test")
        try:
            patient = {"request_deadline_seconds": 30, **settings}
            async with running(SERVICE, ProcessRole.SERVE, **patient) as service:
                yield Surroundings(database, availability, contacts, directory, settings, service)
        finally:
            await database.close()


async def _migrate(dsn: str) -> None:
    await migrate(dsn, *SERVICE.migrations)
