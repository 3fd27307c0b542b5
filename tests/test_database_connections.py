"""The number of database connections: opened, documented and configured."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from linktime_availability.app import SERVICE as AVAILABILITY
from linktime_bookings.app import SERVICE as BOOKINGS
from linktime_common.contracts.internal_api.service_state import DatabaseConnections, ServiceState
from linktime_common.process import ProcessRole, Service
from linktime_common.settings import POOL_SIZE
from linktime_contacts.app import SERVICE as CONTACTS
from linktime_gateway.app import SERVICE as GATEWAY
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually
from linktime_operator.operations.connections import connection_problems, shown
from linktime_operator.operations.doctor import diagnose
from linktime_operator.operations.probes import ServiceHealth
from linktime_operator.stack import connections
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack
from linktime_scim.app import SERVICE as SCIM
from linktime_webhooks.app import SERVICE as WEBHOOKS
from tests.hosts import rows
from tests.pages import codes, table

RUNNING = "docs/running.md"
DECLARED: list[Service[Any]] = [AVAILABILITY, BOOKINGS, CONTACTS, GATEWAY, SCIM, WEBHOOKS]
PROCESSES = [(service, role) for service in DECLARED for role in service.roles]
BESIDE = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND application_name IN ($1 || ' outbox', $1 || ' outbox serving', $1 || ' listen')
"""


@pytest.mark.parametrize(
    ("service", "role"), PROCESSES, ids=[f"{one.name} {role}" for one, role in PROCESSES]
)
async def test_a_process_opens_what_the_budget_has(
    stack: Stack, service: Service[Any], role: ProcessRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside its pool."""

    async def beside() -> int:
        [(count,)] = await rows(stack, service.name, BESIDE, service.name)
        return int(count)

    for key, value in stack._processes.of(service.name)[0].environment.items():
        monkeypatch.setenv(key, value)
    before = connections.direct(service.name, ProcessRole.ALL)
    await eventually(lambda: _is(beside, before))
    own = connections.direct(service.name, role)
    async with running(service, role):
        await eventually(lambda: _is(beside, before + own))


async def _is(count: Any, wanted: int) -> bool:
    return bool(await count() == wanted)


def test_the_page_has_the_connections_of_each_process() -> None:
    """By service and role."""
    written = {}
    for services, roles, pool, beside, together in table(RUNNING, "Database connections"):
        for service in codes(services):
            of_service = [one.value for one in connections.roles_of(service)]
            for role in codes(roles) or of_service:
                written[service, role] = (int(pool), int(beside), int(together))
    assert written == {
        (service, role.value): (
            POOL_SIZE,
            connections.direct(service, role),
            connections.of_process(service, role),
        )
        for service in SERVICES
        for role in connections.roles_of(service)
    }
    assert {one.name: one.roles for one in DECLARED} == {
        service: connections.roles_of(service) for service in SERVICES
    }


def test_the_page_has_the_configured_max_connections() -> None:
    """As `make run`, docker-compose.yml and deploy/k8s set it."""
    written = {
        service: int(most)
        for where, most, _sum in table(RUNNING, "The server's limit")
        for service in codes(where)
    }
    assert written == {
        "make run": connections.on_one_machine(),
        "docker-compose.yml": connections.on_one_machine(),
        **{service: connections.on_kubernetes(service) for service in SERVICES},
    }


def test_more_processes_and_larger_pools_need_more() -> None:
    """In `make run`."""
    few = connections.on_one_machine()
    assert connections.on_one_machine(replicas=4) == few + 170
    assert connections.on_one_machine(pool_sizes={"bookings": 28}) == few + 40


async def test_doctor_counts_the_connections_of_a_stack(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Of each service, with the same result from each of its processes."""
    urls = {name: stack.file.services[name].internal_url for name in SERVICES}
    limit = connections.on_one_machine() - connections.RESERVED

    async def counts_what_is_connected() -> bool:
        found = await diagnose(http, urls, None, tmp_path, stack.clients)
        assert not [one for one in found.problems if "connections" in one]
        for service, health in found.services.items():
            assert health.state is not None
            counts = health.state.connections
            assert counts is not None
            assert (counts.most, counts.processes) == (limit, 1)
            assert counts.may_open == connections.of_process(service, ProcessRole.ALL)
            assert 0 < counts.own <= counts.may_open
        assert f"of {limit} in use; the services have " in str(shown(found.services))
        assert " and may open 56" in str(shown(found.services))
        return True

    # Processes of other tests may have connections for a moment.
    await eventually(counts_what_is_connected)


async def test_connections_of_other_programs_are_counted_separately(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Also if they use the role of the service; they do not change what its processes may open."""
    urls = {"bookings": stack.file.services["bookings"].internal_url}
    most = connections.of_process("bookings", ProcessRole.ALL)
    dsn = stack.file.postgres.databases["bookings"].dsn
    async with AsyncExitStack() as opened:
        for _program in range(most + 1):
            program = await asyncpg.connect(dsn)
            opened.push_async_callback(program.close)
        found = await diagnose(http, urls, None, tmp_path, stack.clients)
    state = found.services["bookings"].state
    assert state is not None
    assert state.connections is not None
    # The test's own pool may be open, too.
    assert state.connections.others >= most + 1
    assert state.connections.may_open == most
    assert f"may open {most}; other programs have {state.connections.others} in" in str(
        shown(found.services)
    )


def health(server: str, *, most: int, used: int, may_open: int, others: int = 0) -> ServiceHealth:
    counts = DatabaseConnections(
        server=server,
        most=most,
        used=used,
        own=used // 2,
        others=others,
        processes=2,
        may_open=may_open,
    )
    state = ServiceState(unpublished_events=0, oldest_event_seconds=0, connections=counts)
    return ServiceHealth(url="http://127.0.0.1", ready=True, state=state)


def test_doctor_names_a_server_that_is_too_small() -> None:
    """Each server by itself: one is nearly full, one has services that may open too many."""
    services = {
        "scim": health("one", most=50, used=46, may_open=18),
        "bookings": health("one", most=50, used=46, may_open=18, others=2),
        "contacts": health("other", most=50, used=20, may_open=51),
        "webhooks": health("third", most=50, used=45, may_open=50),
    }
    assert connection_problems(services) == [
        "PostgreSQL has 46 of 50 connections in use (scim 23, bookings 23 and other programs 2).",
        (
            "The services may open 51 database connections (contacts 51 of 2 processes), and "
            "PostgreSQL accepts 50: raise its max_connections, or lower "
            "<SERVICE>_POSTGRES_POOL_SIZE."
        ),
    ]
