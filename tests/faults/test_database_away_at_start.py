"""A service that starts without PostgreSQL waits, and works when it is available."""

from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from tests.faults.proxy import Proxy
from tests.hosts import Host

from linktime_availability.app import SERVICE as AVAILABILITY
from linktime_bookings.app import SERVICE as BOOKINGS
from linktime_common.identity import CallerKind
from linktime_common.process import ProcessRole, Service
from linktime_contacts.app import SERVICE as CONTACTS
from linktime_gateway.app import SERVICE as GATEWAY
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually
from linktime_scim.app import SERVICE as SCIM
from linktime_webhooks.app import SERVICE as WEBHOOKS

READS: list[tuple[Service[Any], str]] = [
    (AVAILABILITY, "/api/v1/event-types"),
    (BOOKINGS, "/api/v1/bookings"),
    (CONTACTS, "/api/v1/contacts"),
    (GATEWAY, "/api/v1/me"),
    (SCIM, "/api/v1/me"),
    (WEBHOOKS, "/dashboard/api/webhooks"),
]


@pytest.mark.parametrize("role", [ProcessRole.ALL, ProcessRole.SERVE])
@pytest.mark.parametrize(("service", "path"), READS, ids=[one.name for one, _path in READS])
async def test_it_waits_for_the_database(
    host: Host, service: Service[Any], path: str, role: ProcessRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not ready, 503 with `Retry-After`, no traceback in the log; then ready without a restart."""
    for key, value in host.stack._processes.of(service.name)[0].environment.items():
        monkeypatch.setenv(key, value)
    proxy = Proxy(host.stack.file.postgres.databases[service.name].dsn)
    with capture_logs() as lines:
        async with AsyncExitStack() as stack, running(service, role, postgres_dsn=proxy.dsn) as one:
            await eventually(lambda: _waits_for_the_database(one), within=30)
            status, headers = await _read(one, host, path)
            assert status == 503
            assert int(headers["Retry-After"]) >= 1
            await stack.enter_async_context(proxy)
            await eventually(lambda: _is_ready(one), within=30)
            assert (await _read(one, host, path))[0] not in {500, 503}
    assert [one for one in lines if one["log_level"] == "error" or "exc_info" in one] == []


async def _waits_for_the_database(service: Running) -> bool:
    """A consumer that gets an event meanwhile ends its subscription until the database responds."""
    missing = await _missing(service)
    assert "database" in missing
    assert missing <= {"database", "consumer"}
    return True


async def _is_ready(service: Running) -> bool:
    assert await _missing(service) == set()
    return True


async def _missing(service: Running) -> set[str]:
    async with service.session.get(f"{service.internal_url}/readyz") as response:
        assert response.status in {200, 503}
        return set((await response.json())["since"])


async def _read(service: Running, host: Host, path: str) -> tuple[int, Any]:
    if service.name == "gateway":
        identity = {"Authorization": f"Bearer {host.key}"}
    else:
        caller_kind = CallerKind.SESSION if path.startswith("/dashboard") else CallerKind.API_KEY
        identity = service.identity(caller_kind, subject=uuid4(), plan="PRO")
    async with service.session.get(service.url + path, headers=identity) as response:
        return response.status, response.headers
