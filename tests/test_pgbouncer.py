"""The main path through a real PgBouncer in transaction mode."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.pgbouncer import pgbouncer
from linktime_local.testing.waiting import eventually
from linktime_operator.operations.doctor import diagnose
from linktime_operator.operations.resync import resync
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack
from tests.hosts import make_host, rows
from tests.pages import section
from tests.providers import make_provider
from tests.receiver import Receiver
from tests.stacks import settings_for_tests

NAME = "linktime_pooled"
SESSIONS = 2
SETTINGS = section("docs/running.md", "PgBouncer").partition("```ini\n")[2].partition("```")[0]
SHARED = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = $1
"""


def passwords(folder: Path) -> dict[str, str]:
    """Return the passwords by user that the stack of this folder uses."""
    kept = KeptSecrets(folder / "secrets")
    return {f"{NAME}_{service}": kept.password(f"postgres-{service}") for service in SERVICES}


@pytest.fixture
async def pooled(stack_folder: Callable[[], Path]) -> AsyncIterator[Stack]:
    """A stack whose services have a PgBouncer, with the documented settings and few sessions."""
    folder = stack_folder()
    server = PostgresServer(stack_folder(), durable=False)
    await server.start()
    users = passwords(folder)
    settings = SETTINGS.replace("host=postgres", f"host={server.host} port={server.port}")
    settings += f"default_pool_size = {SESSIONS}\n"
    async with pgbouncer(settings, users) as address:
        environment = settings_for_tests(folder)
        for service in SERVICES:
            name = f"{NAME}_{service}"
            login = f"postgresql://{name}:{users[name]}"
            environment[service] |= {
                f"{service.upper()}_POSTGRES_DSN": f"{login}@{address}/{name}",
                f"{service.upper()}_POSTGRES_DIRECT_DSN": (
                    f"{login}@{server.host}:{server.port}/{name}"
                ),
            }
        given = StackSettings(port=None, postgres_dsn=server.dsn)
        async with Stack(folder, given, name=NAME, environment=environment, temporary=True) as one:
            yield one
    await server.stop()


@pytest.mark.soak
async def test_the_main_path(
    pooled: Stack, http: aiohttp.ClientSession, receiver: Receiver, tmp_path: Path
) -> None:
    """Sessions are shared, and everything works: requests, events, jobs, SCIM, resync, doctor."""
    host = await make_host(pooled, http)
    await host.subscribe(
        receiver.url, "booking.created", "booking.rescheduled", "booking.cancelled"
    )
    first, second, *others = await host.slots()
    booked = await host.book_until_decided(first)
    assert booked.status == 201, booked
    path = f"/api/v1/bookings/{booked.body['bookingId']}"
    moved = await host.call_until_decided("POST", f"{path}/reschedule", {"newStartTime": second})
    assert moved.status == 200, moved
    cancelled = await host.call_until_decided("POST", f"{path}/cancel", {"reason": "ill"})
    assert cancelled.status == 200, cancelled
    await eventually(lambda: len(receiver.read()) == 3, within=30, what="the webhooks")

    provider = await make_provider(pooled, http)
    member = await provider.provision(provider.new_email())
    await provider.set_active(member, False)

    crowd = await asyncio.gather(*map(host.book_until_decided, others[:24]))
    assert {one.status for one in crowd} == {201}
    for service in SERVICES:
        [(shared,)] = await rows(pooled, service, SHARED, service)
        assert 0 < shared <= SESSIONS

    for service in ("gateway", "availability", "contacts"):
        progress = [one async for one in resync(pooled.clients, service)]
        assert progress[-1].read > 0
    await _doctor_is_content(pooled, http, tmp_path)


async def _doctor_is_content(stack: Stack, http: aiohttp.ClientSession, folder: Path) -> None:
    urls = {name: stack.file.services[name].internal_url for name in SERVICES}

    async def has_no_problem() -> bool:
        found = await diagnose(http, urls, None, folder, stack.clients)
        assert found.problems == []
        return True

    await eventually(has_no_problem, within=30)
