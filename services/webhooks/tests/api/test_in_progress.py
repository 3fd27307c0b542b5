"""A webhook is disabled or deleted while requests to it are in progress: their results count."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from services.webhooks.tests.api.calls import Ask
from services.webhooks.tests.deliveries import ENDED, LIVE, rows, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import dispatching, leases_end

from linktime_common.contracts.wire import format_instant
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.store import deliveries, health
from linktime_webhooks.store.deliveries import Allotment, Claimed, Completed
from linktime_webhooks.use_cases.disable_endpoint import disable_endpoint
from linktime_webhooks.use_cases.process_replays import process_replays

DISABLED = "SELECT disabled_at IS NOT NULL FROM endpoints"
WAITING = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND wait_event_type = 'Lock'
"""
COUNTED = """
    SELECT h.attempt, count(a.id)
      FROM delivery_history h
      LEFT JOIN attempts a ON a.delivery_id = h.id
     GROUP BY h.id, h.attempt
"""

Stop = Callable[[Ask, UUID, Deps], Awaitable[object]]


@dataclass
class Held:
    """A receiver that answers each request when it gets a status from `answers`."""

    url: str = ""
    arrived: list[str] = field(default_factory=list)
    answers: asyncio.Queue[int] = field(default_factory=asyncio.Queue)


@pytest.fixture
async def held(hook: dict[str, Any], deps: Deps) -> AsyncIterator[Held]:
    """The receiver of the hook."""
    found = Held()

    async def take(request: web.Request) -> web.Response:
        found.arrived.append(request.headers["webhook-id"])
        return web.Response(status=await found.answers.get())

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE endpoints SET url = $1", found.url)
    yield found
    await runner.cleanup()


async def by_hand(ask: Ask, endpoint_id: UUID, _deps: Deps) -> None:
    assert (await ask("PATCH", f"/{endpoint_id}", {"active": False}))[0] == 200


async def by_deletion(ask: Ask, endpoint_id: UUID, _deps: Deps) -> None:
    assert (await ask("DELETE", f"/{endpoint_id}"))[0] == 200


async def by_failure(_ask: Ask, endpoint_id: UUID, deps: Deps) -> None:
    await disable_endpoint(endpoint_id, "failing", deps)


async def by_410(_ask: Ask, endpoint_id: UUID, deps: Deps) -> None:
    await disable_endpoint(endpoint_id, "gone", deps)


WAYS = [
    (by_hand, "suppressed"),
    (by_failure, "suppressed"),
    (by_410, "cancelled"),
    (by_deletion, "cancelled"),
]


@pytest.mark.parametrize("status", [204, 500])
@pytest.mark.parametrize(("stop", "state"), WAYS)
async def test_the_result_of_a_sent_request_is_recorded(
    ask: Ask,
    hook: dict[str, Any],
    owner: UUID,
    deps: Deps,
    held: Held,
    stop: Stop,
    state: str,
    status: int,
) -> None:
    """Delivered after a 2xx; otherwise ended without a retry. The attempt is counted."""
    async with dispatching(deps, delays=(0, 0, 0)):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: held.arrived, what="the request")
        await stop(ask, UUID(hook["id"]), deps)
        assert await rows(deps, LIVE) == [(0, 0)]
        held.answers.put_nowait(status)
        await eventually(lambda: _ended(deps, 1), what="the result")
    assert await rows(deps, ENDED) == [("delivered" if status == 204 else state, 1)]
    assert await rows(deps, COUNTED) == [(1, 1)]
    assert await rows(deps, LIVE) == []
    assert len(held.arrived) == 1


async def test_what_arrived_while_disabled_is_not_replayed(
    ask: Ask, hook: dict[str, Any], owner: UUID, deps: Deps, held: Held
) -> None:
    """The log shows it as delivered, and a replay of what did not arrive leaves it out."""
    path = f"/{hook['id']}"
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: held.arrived, what="the request")
        await by_hand(ask, UUID(hook["id"]), deps)
        held.answers.put_nowait(200)
        await eventually(lambda: _ended(deps, 1), what="the result")
    (listed,) = (await ask("GET", f"{path}/deliveries"))[1]["data"]
    _status, one = await ask("GET", f"{path}/deliveries/{listed['id']}")
    assert (one["state"], one["attemptCount"], len(one["attempts"])) == ("delivered", 1, 1)
    assert (await ask("PATCH", path, {"active": True}))[0] == 200
    now = datetime.now(UTC)
    range_ = {"from": format_instant(now - timedelta(days=1)), "to": format_instant(now)}
    status, replay = await ask("POST", f"{path}/replay", range_)
    assert status == 202
    await process_replays(deps)
    assert (await ask("GET", f"{path}/replays/{replay['id']}"))[1]["chosen"] == 0


async def test_requests_of_two_dispatchers_count_after_a_410(
    owner: UUID, deps: Deps, held: Held
) -> None:
    """The first answer disables the webhook; each later 2xx is recorded, nothing is left."""
    async with dispatching(deps), dispatching(deps):
        await take_in(deps, *[booking_created(owner) for _ in range(4)])
        await eventually(lambda: len(held.arrived) >= 2, what="a request of each dispatcher")
        held.answers.put_nowait(410)
        await eventually(lambda: _is(deps, DISABLED, True))
        for _ in range(3):
            held.answers.put_nowait(204)
        await eventually(lambda: _ended(deps, 4), what="all results")
    sent = len(held.arrived)
    states = [state for state, _attempt in await rows(deps, ENDED)]
    assert (states.count("delivered"), states.count("cancelled")) == (sent - 1, 5 - sent)
    counted = await rows(deps, COUNTED)
    assert sorted(counted) == [(0, 0)] * (4 - sent) + [(1, 1)] * sent
    assert len(set(held.arrived)) == sent


@pytest.mark.parametrize(("stop", "state"), WAYS)
async def test_a_delivery_whose_dispatcher_crashed_ends_with_its_lease(
    ask: Ask,
    hook: dict[str, Any],
    owner: UUID,
    deps: Deps,
    held: Held,
    stop: Stop,
    state: str,
) -> None:
    """No other dispatcher sends it."""
    await take_in(deps, booking_created(owner))
    await _claim(deps, uuid4(), UUID(hook["id"]))
    async with dispatching(deps), dispatching(deps):
        await stop(ask, UUID(hook["id"]), deps)
        assert await rows(deps, LIVE) == [(0, 0)]
        await leases_end(deps)
        assert await rows(deps, LIVE) == []
    assert await rows(deps, ENDED) == [(state, 0)]
    assert held.arrived == []


@pytest.mark.parametrize(("stop", "state"), WAYS)
async def test_disabling_waits_for_results_that_are_being_recorded(
    ask: Ask, hook: dict[str, Any], owner: UUID, deps: Deps, stop: Stop, state: str
) -> None:
    """A retry that they plan is ended too, without the sweeper."""
    endpoint_id, dispatcher_id = UUID(hook["id"]), uuid4()
    await take_in(deps, booking_created(owner))
    (claimed,) = await _claim(deps, dispatcher_id, endpoint_id)
    retried = Completed(claimed.id, 0, 1, "pending", "http_500", 0.0)
    async with deps.database.transaction() as connection:
        await health.lock(connection, [endpoint_id])
        stopping = asyncio.ensure_future(stop(ask, endpoint_id, deps))
        await eventually(lambda: _is(deps, WAITING, 1), what="the wait for the lock")
        moved = await deliveries.complete(connection, [retried], owner=dispatcher_id)
        assert moved == {claimed.id: "pending"}
    await stopping
    assert await rows(deps, LIVE) == []
    assert await rows(deps, ENDED) == [(state, 1)]


async def _claim(deps: Deps, dispatcher_id: UUID, endpoint_id: UUID) -> list[Claimed]:
    async with deps.database.connection() as connection:
        one = Allotment(endpoint_id, False, 1)
        return await deliveries.claim(connection, [one], owner=dispatcher_id)


async def _ended(deps: Deps, count: int) -> bool:
    return len(await rows(deps, ENDED)) == count


async def _is(deps: Deps, query: str, value: object) -> bool:
    return await rows(deps, query) == [(value,)]
