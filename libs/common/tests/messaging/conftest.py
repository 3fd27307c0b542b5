"""A database with outbox, inbox and a table of effects, and a link with a separate topology."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from linktime_common import postgres
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.broker_users import BrokerUser
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import MESSAGING, migrate
from linktime_common.postgres import Database
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.databases import TemplateDatabases, run_sql
from linktime_local.testing.engines import state_folder

from .notes import EFFECTS, OURS, STAGES, UNDELAYED, Copied, Noted, Readers, link_to


def user(service: str) -> BrokerUser:
    allowed = OURS.permissions(service)
    return BrokerUser(
        service,
        service,
        allowed.configure,
        allowed.write,
        allowed.read,
        {topic.exchange: (topic.write, topic.read) for topic in allowed.topics},
    )


# Refused for every message of the first delay.
UNDELAYED_USER = BrokerUser(
    "undelayed", "undelayed", topic_permissions={UNDELAYED.retry_exchange(0): ("^none$", ".*")}
)


@pytest.fixture(scope="package")
async def server() -> AsyncIterator[RabbitMQServer]:
    """A broker that tests may kill, with these users and nothing declared."""
    with state_folder("killed") as folder:
        node = RabbitMQServer(Path(folder), users=[user("reader"), user("copier"), UNDELAYED_USER])
        await node.start()
        try:
            yield node
        finally:
            await node.stop()


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async def prepare(address: str) -> None:
        await migrate(address, MESSAGING)
        await run_sql(address, EFFECTS)

    async with template_databases.fresh("messaging", prepare) as address:
        yield address


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = await postgres.connect(dsn, application_name="test")
    yield opened
    await opened.close()


@pytest.fixture
def topology(topology_prefix: str) -> Topology:
    return Topology(topology_prefix.rstrip("."), STAGES, (Noted, Copied))


@pytest.fixture
async def link(broker_url: str, topology: Topology) -> AsyncIterator[BrokerLink]:
    async with link_to(broker_url, topology) as opened:
        yield opened


@pytest.fixture
def readers(database: Database, link: BrokerLink) -> Readers:
    return Readers(database, link)
