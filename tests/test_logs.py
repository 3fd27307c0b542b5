"""docs/privacy.md: logs contain ids, routes, statuses and durations, and no personal data."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack
from tests.hosts import Host

NAME = "Planted Person"
NOTES = "planted words"
REFUSE = f"ALTER TABLE contacts ADD CONSTRAINT not_this_name CHECK (name <> '{NAME}') NOT VALID"
ALLOW = "ALTER TABLE contacts DROP CONSTRAINT not_this_name"
PROBES = ("/healthz", "/readyz", "/metrics")


def logs(stack: Stack) -> dict[str, str]:
    """Return the text of every log of this stack, of its servers too."""
    found = [path for path in stack.state.rglob("*") if ".log" in path.name]
    return {str(path.relative_to(stack.state)): path.read_text(errors="replace") for path in found}


def lines(stack: Stack) -> list[dict[str, Any]]:
    """Return every line of the services' logs; each is JSON."""
    paths = [Path("logs") / f"{service}.log" for service in SERVICES]
    return [
        json.loads(line) for path in paths for line in (stack.state / path).read_text().splitlines()
    ]


@asynccontextmanager
async def contacts_refuse_the_name(stack: Stack) -> AsyncIterator[None]:
    """Within the block PostgreSQL returns an error whose detail is the whole row."""
    connection = await asyncpg.connect(stack.file.postgres.databases["contacts"].dsn)
    try:
        await connection.execute(REFUSE)
        yield
        await connection.execute(ALLOW)
    finally:
        await connection.close()


async def failed_handling(stack: Stack) -> bool:
    """Whether contacts has failed to process the booking."""
    log = (stack.state / "logs" / "contacts.log").read_text()
    return '"event":"handler failed"' in log and "not_this_name" in log


async def act(host: Host, email: str) -> list[str]:
    """Use the API as clients do, with errors; returns the secrets that were used."""
    start = (await host.slots())[0]
    guest = {"inviteeName": NAME, "inviteeEmail": email, "inviteeTimezone": "UTC", "notes": NOTES}
    async with contacts_refuse_the_name(host.stack):
        contact = {"name": NAME, "email": email, "notes": NOTES}
        assert (await host.call("POST", "/api/v1/contacts", contact)).status == 500
        slot = {"eventTypeId": host_event_type(await host.call("GET", "/api/v1/event-types"))}
        made = await host.call("POST", "/api/bookings", {**guest, **slot, "startTime": start})
        assert made.status == 201, made
        await eventually(lambda: failed_handling(host.stack), within=30)
    token = made.body["manageUrl"].rstrip("/").rpartition("/")[2]
    assert (await host.call("GET", f"/api/public/bookings/{token}")).status == 200
    assert (await host.call("GET", f"/api/public/bookings/{token}x")).status == 404
    reason = {"reason": NOTES}
    assert (await host.call("POST", f"/api/public/bookings/{token}/cancel", reason)).status == 200
    assert (await host.call("GET", f"/api/v1/contacts?search={email}")).status == 200
    assert (await host.call("POST", "/api/v1/contacts", {"name": email})).status == 400
    assert (await host.call("GET", f"/nowhere/{email}")).status == 404
    secret = await host.subscribe("http://127.0.0.1:65000/", "booking.created")
    return [host.key, token, secret.removeprefix("whsec_")]


def host_event_type(answer: Any) -> str:
    return str(answer.body["data"][0]["id"])


async def test_no_log_contains_personal_data(host: Host) -> None:
    """Not in a service's line, a traceback, or PostgreSQL's or RabbitMQ's own log."""
    email = f"planted-{uuid4().hex[:8]}@example.com"
    secrets = await act(host, email)
    for planted in (email, NAME, NOTES, host.email, *secrets):
        assert [name for name, text in logs(host.stack).items() if planted in text] == []
    assert "CheckViolationError" in logs(host.stack)["logs/contacts.log"]
    routes = {line["route"] for line in lines(host.stack) if line["event"] == "request"}
    assert "/api/public/bookings/{token}/cancel" in routes


async def test_probes_are_not_logged(stack: Stack, host: Host) -> None:
    """They come every few seconds; other requests are logged."""
    for service in stack.file.services.values():
        for path in PROBES:
            async with host.http.get(service.internal_url + path) as response:
                assert response.status == 200
    async with host.http.get(f"{stack.file.gateway}/healthz") as response:
        assert response.status == 200
    found = lines(stack)
    assert {line["service"] for line in found} == set(SERVICES)
    assert [line for line in found if line.get("route") in PROBES] == []
    requests = [line for line in found if line["event"] == "request"]
    assert all({"request_id", "status", "milliseconds"} <= set(line) for line in requests)
