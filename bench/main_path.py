"""Slots over HTTP, bookings per second, and latency from booking to webhook, on a running stack."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import web
from bench.slots import Row
from tests.hosts import OPEN_ALL_DAY, Host, make_host

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import scheduling
from linktime_operator.stack.stack import Stack

SLOT_CALLS = 300
HOSTS = 8
BOOKINGS_EACH = 40
WEBHOOK_BOOKINGS = 100
PAUSE_SECONDS = 0.05
CREATED = 201
OFFICE_HOURS = {
    **OPEN_ALL_DAY,
    "weekly": {day: [["09:00", "17:00"]] for day in OPEN_ALL_DAY["weekly"]},
}


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        return [
            *await _slots(stack, session),
            *await _bookings(stack, session),
            *await _webhooks(stack, session),
        ]


async def _slots(stack: Stack, session: aiohttp.ClientSession) -> list[Row]:
    host = await make_host(stack, session)
    await scheduling.set_schedule(stack.clients, host.email, OFFICE_HOURS)
    first = (datetime.now(UTC) + timedelta(days=1)).date()
    query = f"timezone=Europe/Berlin&startDate={first}&endDate={first + timedelta(days=30)}"
    url = f"{stack.file.gateway}/api/v1/availability/{host.event_type}?{query}"
    headers = {"Authorization": f"Bearer {host.key}"}

    async def ask() -> None:
        async with session.get(url, headers=headers) as response:
            response.raise_for_status()
            await response.read()

    times = [await _milliseconds(ask) for _ in range(SLOT_CALLS)]
    return percentiles("slots of a month (09:00-17:00, 31 days) over HTTP, one caller", times)


async def _bookings(stack: Stack, session: aiohttp.ClientSession) -> list[Row]:
    hosts = [await make_host(stack, session) for _ in range(HOSTS)]
    free = await hosts[0].slots(days=10)
    times: list[float] = []

    async def fill(host: Host) -> None:
        times.extend(
            [await _milliseconds(lambda: _booked(host, start)) for start in free[:BOOKINGS_EACH]]  # noqa: B023 - awaited at once
        )

    began = time.perf_counter()
    await asyncio.gather(*map(fill, hosts))
    per_second = HOSTS * BOOKINGS_EACH / (time.perf_counter() - began)
    name = f"bookings of distinct slots, {HOSTS} callers"
    return [Row(name, round(per_second, 1), "a second"), *percentiles(name, times)]


async def _webhooks(stack: Stack, session: aiohttp.ClientSession) -> list[Row]:
    arrived: dict[str, float] = {}
    host = await make_host(stack, session)

    async def take(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        arrived.setdefault(body["data"]["id"], time.perf_counter())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await host.subscribe(f"http://127.0.0.1:{runner.addresses[0][1]}/", "booking.created")
    times = []
    for start in (await host.slots(days=10))[:WEBHOOK_BOOKINGS]:
        began = time.perf_counter()
        booking = await _booked(host, start)
        await eventually(lambda booking=booking: booking in arrived, every=0.001)
        times.append((arrived[booking] - began) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)
    await runner.cleanup()
    return percentiles("from the booking request to its webhook, idle machine", times)


async def _booked(host: Host, start: str) -> str:
    answer = await host.book(start)
    if answer.status != CREATED:
        raise RuntimeError(f"a booking was answered {answer.status}: {answer.body}")
    return str(answer.body["bookingId"])


async def _milliseconds(call: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000


def percentiles(what: str, times: list[float]) -> list[Row]:
    """Return two rows: p50 and p99."""
    p99 = sorted(times)[int(len(times) * 0.99)]
    return [
        Row(f"{what}: p50", round(statistics.median(times), 2), "ms"),
        Row(f"{what}: p99", round(p99, 2), "ms"),
    ]
