"""Dispatchers are killed repeatedly, broker and database restarted: no delivery is lost."""

import asyncio
import contextlib
import hashlib
import signal
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from functools import partial

import pytest
from aiohttp import web
from services.webhooks.tests.processes import WebhookStack, Worker, booked, webhook_stack

from linktime_common.contracts.events import Event
from linktime_common.ids import new_id
from linktime_common.messaging.publisher import NotPublished
from linktime_local.testing.waiting import eventually

EVENTS = 20_000
ENDPOINTS = 2
DISPATCHERS = 2
KILLING_SECONDS = 60
KILL_EVERY_SECONDS = 2.0
DATABASE_AWAY_SECONDS = 30
PUBLISHED_AT_ONCE = 400
PUBLISH_EVERY_SECONDS = 1.0
# A killed process may have sent without recording: 8 in flight to each endpoint, and the responses
# of two flushes (one running, one collecting) of some ten milliseconds each.
MOST_TWICE_PER_KILL = 8 * ENDPOINTS + 50


class Deliveries:
    """Counts each message and its bodies by path."""

    def __init__(self) -> None:
        self.count: Counter[tuple[str, str]] = Counter()
        self.bodies: dict[str, set[bytes]] = defaultdict(set)

    async def take(self, request: web.Request) -> web.Response:
        message_id = request.headers["webhook-id"]
        self.count[request.path, message_id] += 1
        self.bodies[message_id].add(hashlib.sha256(await request.read()).digest())
        return web.Response(status=204)


@contextlib.asynccontextmanager
async def receiving(deliveries: Deliveries) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/{tail:.*}", deliveries.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class Dispatchers:
    """Several processes; a killed one is started again."""

    def __init__(self, stack: WebhookStack) -> None:
        self.kills = 0
        self._stack = stack
        self._workers: dict[int, Worker] = {}

    async def keep(self, place: int) -> None:
        """Run one repeatedly, until cancelled."""
        while True:
            async with self._stack.worker(WEBHOOKS_LOG_LEVEL="CRITICAL") as worker:
                self._workers[place] = worker
                await worker.process.wait()

    async def kill_in_turn(self) -> None:
        end = time.monotonic() + KILLING_SECONDS
        while time.monotonic() < end:
            await asyncio.sleep(KILL_EVERY_SECONDS)
            self._workers[self.kills % DISPATCHERS].process.send_signal(signal.SIGKILL)
            self.kills += 1


async def publish_all_along(stack: WebhookStack, events: list[Event]) -> None:
    """Publish in parts, each repeated until confirmed, so that there is always work."""
    for begin in range(0, len(events), PUBLISHED_AT_ONCE):
        part = events[begin:][:PUBLISHED_AT_ONCE]
        await eventually(partial(_is_published, stack, part), within=120)
        await asyncio.sleep(PUBLISH_EVERY_SECONDS)


async def _is_published(stack: WebhookStack, events: list[Event]) -> bool:
    try:
        await stack.publish(events)
    except NotPublished:
        return False
    return True


async def harm_the_servers(stack: WebhookStack) -> None:
    await asyncio.sleep(8)
    await stack.rabbitmq.stop()
    await stack.rabbitmq.start()
    await stack.postgres.stop()
    await asyncio.sleep(DATABASE_AWAY_SECONDS)
    await stack.postgres.start()


@pytest.mark.soak
async def test_killed_dispatchers_and_servers_lose_no_delivery() -> None:
    """Each event reaches each endpoint, with the same bytes, and no crash costs an attempt.

    Only requests in flight when a process was killed may be repeated.
    """
    deliveries, owner = Deliveries(), new_id()
    async with webhook_stack() as stack, receiving(deliveries) as url:
        for name in ("first", "second"):
            await stack.add_endpoints([owner], f"{url}/{name}", each=1)
        dispatchers = Dispatchers(stack)
        events = [booked(owner) for _ in range(EVENTS)]
        running = [asyncio.create_task(dispatchers.keep(n)) for n in range(DISPATCHERS)]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(publish_all_along(stack, events))
                group.create_task(dispatchers.kill_in_turn())
                group.create_task(harm_the_servers(stack))
            wanted = EVENTS * ENDPOINTS
            await eventually(lambda: len(deliveries.count) == wanted, within=300, every=0.5)
            await eventually(lambda: _all_ended(stack, wanted), within=120, every=0.5)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    twice = deliveries.count.total() - len(deliveries.count)
    print(f"{wanted} deliveries, {dispatchers.kills} kills, {twice} came more than once")
    assert all(len(bodies) == 1 for bodies in deliveries.bodies.values())
    assert twice <= dispatchers.kills * MOST_TWICE_PER_KILL


async def _all_ended(stack: WebhookStack, wanted: int) -> bool:
    """Return whether every delivery succeeded at its first attempt, by the database."""
    rows = await stack.rows("SELECT state, attempt, count(*) FROM delivery_history GROUP BY 1, 2")
    return rows == [("delivered", 1, wanted)]
