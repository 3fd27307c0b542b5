"""The service's worker processes, with a separate database and broker that tests may stop."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
from services.webhooks.tests.events import booking_created

from linktime_common.contracts.events import Event
from linktime_common.ids import new_id
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import migrate
from linktime_common.postgres import connect
from linktime_common.sealing import Sealer
from linktime_local.servers.ports import free_port
from linktime_local.servers.postgres import PostgresServer
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.services import accepted_by
from linktime_local.testing.waiting import eventually
from linktime_webhooks.app import SERVICE
from linktime_webhooks.use_cases.retain import retain_until

SEALING_KEY = "k1:" + urlsafe_b64encode(b"s" * 32).decode()
NOTES = "x" * 400  # increases a body to about 1 KB
PUBLISHED_AT_ONCE = 200

ADD_ENDPOINTS = """
    WITH made AS (
        INSERT INTO endpoints (id, owner_id, url, events)
        SELECT id, owner_id, $3, '{booking.created}'
          FROM unnest($1::uuid[], $2::uuid[]) AS n (id, owner_id)
        RETURNING id
    )
    INSERT INTO endpoint_health (endpoint_id) SELECT id FROM made
"""
ADD_SECRETS = """
    INSERT INTO endpoint_secrets (id, endpoint_id, sealed)
    SELECT gen_random_uuid(), id, sealed FROM unnest($1::uuid[], $2::bytea[]) AS n (id, sealed)
"""


@dataclass(frozen=True)
class Worker:
    """A process and its internal port."""

    process: asyncio.subprocess.Process
    port: int


@dataclass
class WebhookStack:
    """A separate database and broker; `folder` holds their files."""

    folder: Path
    postgres: PostgresServer
    rabbitmq: RabbitMQServer
    connection: asyncpg.Connection
    http: aiohttp.ClientSession

    async def add_endpoints(self, owners: Sequence[UUID], url: str, *, each: int) -> list[UUID]:
        """Add this many endpoints for each owner; all receive bookings."""
        sealer = Sealer([SEALING_KEY])
        of = [owner for owner in owners for _ in range(each)]
        ids = [new_id() for _ in of]
        await self.connection.execute(ADD_ENDPOINTS, ids, of, url)
        sealed = [sealer.seal(b"w" * 32, row=f"endpoints/{one}") for one in ids]
        await self.connection.execute(ADD_SECRETS, ids, sealed)
        return ids

    async def publish(self, events: Sequence[Event]) -> None:
        """Publish to the broker with confirms, as a relay does."""
        link = await BrokerLink.open(self.rabbitmq.url, name="webhooks", topology=Topology())
        publisher = Publisher(link, timeout_seconds=30)
        try:
            await link.wait_until_up()
            for begin in range(0, len(events), PUBLISHED_AT_ONCE):
                await asyncio.gather(
                    *(send(link, publisher, one) for one in events[begin:][:PUBLISHED_AT_ONCE])
                )
        finally:
            await publisher.close()
            await link.close()

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Query over a new connection: the server may have been restarted."""
        connection = await asyncpg.connect(self.postgres.dsn_of("webhooks"))
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def dispatchers(self, count: int, **more: str) -> AsyncIterator[list[int]]:
        """Start this many worker processes; return their process ids when they are ready."""
        async with contextlib.AsyncExitStack() as stack:
            workers = [await stack.enter_async_context(self.worker(**more)) for _ in range(count)]
            for worker in workers:
                await eventually(partial(self.is_ready, worker), within=60)
            yield [worker.process.pid for worker in workers]

    @contextlib.asynccontextmanager
    async def worker(self, **more: str) -> AsyncIterator["Worker"]:
        """Start one worker process."""
        port = free_port()
        environment = self._environment(port) | more
        async with program("linktime_webhooks", "work", **environment) as process:
            yield Worker(process, port)

    async def is_ready(self, worker: "Worker") -> bool:
        """Return whether its readiness endpoint succeeds."""
        try:
            async with self.http.get(f"http://127.0.0.1:{worker.port}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def _environment(self, internal_port: int) -> dict[str, str]:
        accepted = str(accepted_by("webhooks")).replace("'", '"')
        return {
            "WEBHOOKS_POSTGRES_DSN": self.postgres.dsn_of("webhooks"),
            "WEBHOOKS_BROKER_URL": self.rabbitmq.url,
            "WEBHOOKS_PORT": str(free_port()),
            "WEBHOOKS_INTERNAL_PORT": str(internal_port),
            "WEBHOOKS_SEALING_KEYS": f'["{SEALING_KEY}"]',
            "WEBHOOKS_IDENTITY_ACCEPT": accepted,
            "WEBHOOKS_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
            "WEBHOOKS_ALLOW_HTTP": "true",
            "WEBHOOKS_LOG_LEVEL": "WARNING",
        }


@contextlib.asynccontextmanager
async def webhook_stack() -> AsyncIterator[WebhookStack]:
    """Run the stack during the block; the database is durable, as in production."""
    folder = _folder()
    postgres = PostgresServer(folder / "postgres")
    rabbitmq = RabbitMQServer(folder / "rabbitmq")
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for server in (postgres, rabbitmq):
            await server.start()
            stack.push_async_callback(server.stop)
        administrator = await asyncpg.connect(postgres.dsn)
        await administrator.execute("CREATE DATABASE webhooks")
        await administrator.close()
        dsn = postgres.dsn_of("webhooks")
        await migrate(dsn, *SERVICE.migrations)
        database = await connect(dsn, application_name="bench")
        await retain_until(database, datetime.now(UTC).date())
        await database.close()
        connection = await asyncpg.connect(dsn)
        stack.push_async_callback(connection.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield WebhookStack(folder, postgres, rabbitmq, connection, http)


def _folder() -> Path:
    """Return a new folder that the servers' account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="linktime-bench-"))
    folder.chmod(0o711)
    return folder


@contextlib.asynccontextmanager
async def program(
    module: str, *arguments: str, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m module` during the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env={**os.environ, **more}
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def send(link: BrokerLink, publisher: Publisher, event: Event) -> None:
    await publisher.publish(
        link.topology.events_exchange,
        event.routing_key(),
        event.envelope(),
        message_id=str(event.event_id),
        headers={},
    )


def booked(owner_id: UUID) -> Event:
    """Return the event of a booking created now, with a body of about 1 KB."""
    event = booking_created(owner_id)
    fields: dict[str, Any] = {"occurred_at": datetime.now(UTC)}
    return event.model_copy(
        update={**fields, "booking": event.booking.model_copy(update={"notes": NOTES})}
    )
