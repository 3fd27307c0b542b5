"""Health checks of `linktime doctor`: each service, PostgreSQL and RabbitMQ, with time limits."""

import asyncio
from dataclasses import dataclass

import aio_pika
import aiohttp
import asyncpg
from aio_pika.exceptions import AMQPConnectionError, AMQPError
from pydantic import Field

from linktime_common.contracts.internal_api.bookings import MailState
from linktime_common.contracts.internal_api.inventory import InventoryPage
from linktime_common.contracts.internal_api.service_state import ServiceState
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http.client import Answered
from linktime_common.messaging.channels import drop
from linktime_common.write_checks import IS_WRITABLE
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import dead_letters, inventory
from linktime_operator.stack_file import StackFile

CALL_SECONDS = 5.0
SILENT = "does not answer"


class ServiceHealth(WireModel):
    """`missing` lists the failed readiness checks, `since` their start.

    `reasons` are the causes that the service gives; `answers` is false if there is no LinkTime
    service at its address. `parked` counts dead-lettered messages, up to one page, `state` is
    what the service knows of its database and queue; both None if unknown.
    """

    url: str
    ready: bool
    answers: bool = True
    missing: list[str] = Field(default_factory=list)
    since: dict[str, Instant] = Field(default_factory=dict)
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: dict[str, str] = Field(default_factory=dict)
    parked: int | None = None
    state: ServiceState | None = None


@dataclass(frozen=True)
class FoundServer:
    """A server's state; `problem` completes a sentence that begins with its name."""

    version: str | None = None
    is_writable: bool | None = None
    problem: str | None = None


async def health(session: aiohttp.ClientSession, url: str) -> ServiceHealth:
    """Return the health of the service at this internal address."""
    try:
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        async with session.get(f"{url.rstrip('/')}/readyz", timeout=timeout) as response:
            answer = await response.json()
            checks: dict[str, bool] = answer["checks"]
            return ServiceHealth(
                url=url,
                ready=response.ok,
                missing=[name for name, passes in checks.items() if not passes],
                since=answer.get("since", {}),
                reasons=answer.get("reasons", {}),
                warnings=answer.get("warnings", {}),
            )
    except (OSError, TimeoutError, aiohttp.ClientError, ValueError, KeyError, TypeError):
        return ServiceHealth(url=url, ready=False, answers=False)


async def parked(clients: Clients | None, service: str, *, until: float) -> int | None:
    """Return the number of dead-lettered messages, at most `dead_letters.PAGE`.

    `until` is on the loop's clock.
    """
    if clients is None or service not in dead_letters.CONSUMERS:
        return None
    try:
        async with asyncio.timeout_at(until):
            return len(await dead_letters.first_page(clients, service))
    except (OperatorError, Answered, TimeoutError):
        return None


async def state(clients: Clients | None, service: str, *, until: float) -> ServiceState | None:
    """Return what the service knows of its database and queue; `until` is on the loop's clock."""
    if clients is None:
        return None
    try:
        async with asyncio.timeout_at(until):
            return await clients.call(service, "GET", "/internal/state", ServiceState)
    except (OperatorError, Answered, TimeoutError):
        return None


async def count(clients: Clients | None, kind: inventory.RowKind) -> int | None:
    """Return the number of rows of the kind, at most MOST_ROWS; None if unknown."""
    if clients is None or kind.service not in clients.urls:
        return None
    try:
        page = await clients.call(
            kind.service, "GET", kind.path, InventoryPage, seconds=CALL_SECONDS
        )
    except (OperatorError, Answered):
        return None
    return len(page.data)


async def mail(clients: Clients | None) -> MailState | None:
    """Return what bookings says about its mail server; None if it does not answer."""
    if clients is None:
        return None
    try:
        return await clients.call(
            "bookings", "GET", "/internal/mail", MailState, seconds=CALL_SECONDS
        )
    except (OperatorError, Answered):
        return None


async def postgres(running: StackFile) -> FoundServer:
    """Return its version and whether it is writable."""
    service, database = next(iter(running.postgres.databases.items()))
    where = f"{running.postgres.host}:{running.postgres.port}"
    try:
        async with asyncio.timeout(CALL_SECONDS):
            connection = await asyncpg.connect(
                database.dsn, server_settings={"application_name": f"{service} doctor"}
            )
            try:
                shown = await connection.fetchval("SHOW server_version")
                is_writable = await connection.fetchval(IS_WRITABLE)
            finally:
                connection.terminate()
    except asyncpg.PostgresError as error:
        return FoundServer(problem=f"at {where} responds with an error: {error} ({error.sqlstate})")
    except (OSError, TimeoutError, asyncpg.InterfaceError):
        return FoundServer(problem=f"{SILENT} at {where}")
    return FoundServer(str(shown).split()[0], bool(is_writable))


async def rabbitmq(running: StackFile) -> FoundServer:
    """Return its version."""
    where = running.rabbitmq.url.rpartition("@")[2].strip("/")
    try:
        connection = await aio_pika.connect(running.rabbitmq.url, timeout=CALL_SECONDS)
        properties = (
            connection.transport.connection.server_properties if connection.transport else {}
        )
        await drop(connection)
    except AMQPError as error:
        # Subclasses are errors of the broker; the class itself means that it was not reached.
        if type(error) is AMQPConnectionError:
            return FoundServer(problem=f"{SILENT} at {where}")
        return FoundServer(problem=f"at {where} responds with an error: {error}")
    # aiormq raises StopAsyncIteration when a connection is accepted and closed at once.
    except (OSError, TimeoutError, StopAsyncIteration):
        return FoundServer(problem=f"{SILENT} at {where}")
    name = properties.get("version", b"unknown")
    return FoundServer(name.decode() if isinstance(name, bytes) else str(name))
