"""Health checks of `linktime doctor`: each service, PostgreSQL and RabbitMQ, with time limits."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import aio_pika
import asyncpg
from aio_pika.exceptions import AMQPConnectionError, AMQPError
from pydantic import BaseModel, Field

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
AGAIN_SECONDS = 0.3
MOST_CALLS = 8
"""If one of two processes hangs, all of them reach it once in 256 times."""
SILENT = "does not answer"

T = TypeVar("T")
Reply = TypeVar("Reply", bound=BaseModel)


class ServiceHealth(WireModel):
    """`missing` lists the failed readiness checks, `since` their start.

    `reasons` are the causes that the service gives; `answers` is false if there is no LinkTime
    service at its address. `answered` of its `processes` did, None if the number is unknown, and
    those of `silent_pids`, where pids are known, did not. `parked` counts dead-lettered messages,
    up to one page, `state` is what the service knows of its database and queue; both None if
    unknown.
    """

    url: str
    ready: bool
    answers: bool = True
    processes: int | None = None
    answered: int = 0
    silent_pids: list[int] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)
    since: dict[str, Instant] = Field(default_factory=dict)
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: dict[str, str] = Field(default_factory=dict)
    problems: dict[str, str] = Field(default_factory=dict)
    parked: int | None = None
    state: ServiceState | None = None

    @property
    def has_answered(self) -> bool:
        """Whether every process that is known of has answered."""
        return self.answers and (self.processes is None or self.answered >= self.processes)


@dataclass(frozen=True)
class FoundServer:
    """A server's state; `problem` completes a sentence that begins with its name."""

    version: str | None = None
    is_writable: bool | None = None
    problem: str | None = None


async def parked(clients: Clients | None, service: str) -> int | None:
    """Return the number of dead-lettered messages, at most `dead_letters.PAGE`."""
    if clients is None or service not in dead_letters.CONSUMERS:
        return None
    messages = await _first_answer(partial(dead_letters.first_page, clients, service))
    return None if messages is None else len(messages)


async def state(clients: Clients | None, service: str) -> ServiceState | None:
    """Return what the service knows of its database and queue."""
    return await _read(clients, service, "/internal/state", ServiceState)


async def count(clients: Clients | None, kind: inventory.RowKind) -> int | None:
    """Return the number of rows of the kind, at most MOST_ROWS; None if unknown."""
    page = await _read(clients, kind.service, kind.path, InventoryPage)
    return None if page is None else len(page.data)


async def mail(clients: Clients | None) -> MailState | None:
    """Return what bookings says about its mail server; None if it does not answer."""
    return await _read(clients, "bookings", "/internal/mail", MailState)


async def _read(
    clients: Clients | None, service: str, path: str, reply: type[Reply]
) -> Reply | None:
    if clients is None:
        return None
    return await _first_answer(partial(clients.call, service, "GET", path, reply))


async def _first_answer(call: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
    """Return the first answer within CALL_SECONDS, None if there is none or it is a refusal.

    While calls wait, more are made on other connections: one process of several may hang.
    """
    calls: set[asyncio.Task[T]] = set()
    try:
        async with asyncio.timeout(CALL_SECONDS):
            while True:
                if len(calls) < MOST_CALLS:
                    calls.add(asyncio.create_task(call()))
                done, _ = await asyncio.wait(
                    calls, timeout=AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    return done.pop().result()
    except (OperatorError, Answered, TimeoutError):
        return None
    finally:
        for one in calls:
            one.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


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
