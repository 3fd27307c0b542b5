"""One service is unavailable or hangs: its routes fail in time, the others work."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from tests.faults.truth import booking
from tests.hosts import Answer, Host
from tests.stacks import paused

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

READS = {
    "availability": "/api/v1/event-types",
    "bookings": "/api/v1/bookings",
    "contacts": "/api/v1/contacts",
    "scim": "/api/v1/me",
}
BOOKING_NEEDS = {"availability", "bookings"}
SLACK = 1.0

Harm = Callable[[Stack, str], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def killed(stack: Stack, service: str) -> AsyncIterator[None]:
    await stack.take_down(service, kill=True)
    try:
        yield
    finally:
        await stack.bring_up(service)


async def timed(host: Host, path: str) -> tuple[Answer, float]:
    began = time.monotonic()
    return await host.call("GET", path), time.monotonic() - began


async def booked(host: Host, start: str) -> tuple[Answer | None, float]:
    began = time.monotonic()
    return await booking(host, start).send(), time.monotonic() - began


@pytest.mark.parametrize("service", [*READS, "webhooks"])
@pytest.mark.parametrize(
    ("harm", "read_seconds", "write_seconds"), [(killed, 3.0, 3.0), (paused, 3.0, 4.0)]
)
async def test_the_others_go_on(
    host: Host, service: str, harm: Harm, read_seconds: float, write_seconds: float
) -> None:
    """503 in the error format within the promised time; everything else works."""
    free = await host.slots()
    async with harm(host.stack, service):
        *reads, (write, write_took) = await asyncio.gather(
            *(timed(host, path) for path in READS.values()), booked(host, free[0])
        )
    for (owner, path), (answer, took) in zip(READS.items(), reads, strict=True):
        if owner == service:
            assert answer.status == 503, path
            assert set(answer.body) == {"error", "code"}
            assert int(answer.headers["Retry-After"]) >= 1
            assert took < read_seconds + SLACK
        else:
            assert answer.status == 200, path
            assert took < 1.0 + SLACK
    assert write is not None
    if service in BOOKING_NEEDS:
        assert write.status == 503
        assert set(write.body) == {"error", "code"}
        assert int(write.headers["Retry-After"]) >= 1
    else:
        assert write.status == 201
    assert write_took < write_seconds + SLACK
    if service in READS:
        again = await eventually(lambda: is_back(host, READS[service]), what=f"{service} again")
        assert again


async def is_back(host: Host, path: str) -> bool:
    return (await host.call("GET", path)).status == 200


@pytest.mark.parametrize("harm", [killed, paused])
async def test_booking_detail_does_not_need_contacts(host: Host, harm: Harm) -> None:
    """Without contacts, its contact has the invitee's data and no id."""
    write = booking(host, (await host.slots())[0])
    made = await write.until_answered()
    path = f"/api/v1/bookings/{made.body['bookingId']}"

    async def known() -> bool:
        return (await host.call("GET", path)).body["contact"]["id"] is not None

    await eventually(known, what="the contact")
    async with harm(host.stack, "contacts"):
        answer, took = await timed(host, path)
    assert answer.status == 200
    assert answer.body["contact"]["id"] is None
    assert answer.body["contact"]["email"] == write.body["inviteeEmail"]
    assert took < SLACK
    await eventually(known, what="the contact again")
