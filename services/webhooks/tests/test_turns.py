"""Limits of an endpoint over all dispatchers: eight requests in flight, one probe, its rate."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from aiohttp import web
from services.webhooks.tests.deliveries import ENDED, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.claiming import Claimer
from linktime_webhooks.dispatcher.slots import Lane, SendSlots
from linktime_webhooks.store.deliveries import Claimed

TAKEN = "SELECT taken FROM endpoint_turns"


@dataclass
class Process:
    """A dispatcher's claimer; every endpoint is healthy, so it may have all its slots."""

    deps: Deps
    slots: SendSlots = field(default_factory=SendSlots)
    owner: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.claimer = Claimer(self.deps.database, self.owner, self.slots)

    def warm(self, endpoint_id: UUID) -> None:
        for _ in range(8):
            self.slots.take(endpoint_id, Lane.FAST)
            self.slots.give_back(endpoint_id, Lane.FAST, delivered=True)

    async def claim(self) -> list[Claimed]:
        _candidates, claimed = await self.claimer.claim(256)
        for one in claimed:
            self.slots.take(one.endpoint_id, Lane.FAST)
        return claimed

    def answered(self, endpoint_id: UUID, count: int) -> None:
        for _ in range(count):
            self.slots.give_back(endpoint_id, Lane.FAST, delivered=True)

    def a_while_later(self) -> None:
        """Make every agreement outdated."""
        for hold in self.claimer._holds.values():
            hold.ask_at = hold.settled_at = 0.0


async def waiting(deps: Deps, url: str, count: int) -> UUID:
    """An endpoint with this many due deliveries."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, url)
    await take_in(deps, *[booking_created(owner) for _ in range(count)])
    return endpoint_id


async def run(deps: Deps, statement: str) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(statement)


async def test_eight_slots_hold_for_all_processes(deps: Deps, receiver: Subscriber) -> None:
    """Slots in use by one are not available to the other, until they are returned."""
    endpoint_id = await waiting(deps, receiver.url, 40)
    one, other = Process(deps), Process(deps)
    for process in (one, other):
        process.warm(endpoint_id)
    assert len(await one.claim()) == 8
    assert await other.claim() == []
    one.answered(endpoint_id, 8)
    assert len(await one.claim()) == 8
    one.answered(endpoint_id, 8)
    # The other wants some too, so each has half of them from now on.
    one.a_while_later()
    assert len(await one.claim()) == 4
    other.a_while_later()
    assert len(await other.claim()) == 4
    assert await one.claim() == []


async def test_the_slots_of_a_dead_dispatcher_expire_within_seconds(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its requests ended with it; its claims wait for their leases."""
    endpoint_id = await waiting(deps, receiver.url, 20)
    dead, other = Process(deps), Process(deps)
    for process in (dead, other):
        process.warm(endpoint_id)
    assert len(await dead.claim()) == 8
    assert await other.claim() == []
    await run(deps, f"UPDATE endpoint_turns SET taken = '{{\"{dead.owner}\": [8, 0, 0]}}'")
    other.a_while_later()
    assert len(await other.claim()) == 8


async def test_an_idle_endpoint_holds_no_slots(deps: Deps, receiver: Subscriber) -> None:
    """A dispatcher with nothing in flight returns them, even if nothing more is due."""
    endpoint_id = await waiting(deps, receiver.url, 1)
    async with dispatching(deps):
        await eventually(lambda: _is(deps, ENDED, ("delivered", 1)))
        await eventually(lambda: _is(deps, TAKEN, ({},)))
    assert endpoint_id


async def test_all_processes_share_one_probe(deps: Deps, receiver: Subscriber) -> None:
    """Even if the breaker still looked due to the second one."""
    endpoint_id = await waiting(deps, receiver.url, 20)
    one, other = Process(deps), Process(deps)
    for process in (one, other):
        process.warm(endpoint_id)
    due = "UPDATE endpoint_health SET breaker = 'open', breaker_until = now()"
    await run(deps, due)
    assert len(await one.claim()) == 1
    assert await rows(deps, "SELECT breaker FROM endpoint_health") == [("half_open",)]
    assert await other.claim() == []
    await run(deps, due)
    other.a_while_later()
    assert await other.claim() == []


async def test_all_processes_share_one_rate(deps: Deps, receiver: Subscriber) -> None:
    """Spent tokens are not available to another, and fractions of a token are earned too."""
    endpoint_id = await waiting(deps, receiver.url, 20)
    await run(deps, "UPDATE endpoints SET rate_per_second = 2")
    processes = [Process(deps) for _ in range(3)]
    for process in processes:
        process.warm(endpoint_id)
    claimed = [len(await process.claim()) for process in processes[:2]]
    assert claimed == [1, 0]
    # A quarter of a second earns the missing half.
    earned = "UPDATE endpoint_turns SET tokens = 0.5, tokens_at = now() - interval '0.25 s'"
    await run(deps, earned)
    assert len(await processes[2].claim()) == 1


async def test_a_request_sent_again_uses_the_rate(deps: Deps, receiver: Subscriber) -> None:
    """Its token is taken before the next delivery is sent."""
    endpoint_id = await waiting(deps, receiver.url, 20)
    await run(deps, "UPDATE endpoints SET rate_per_second = 10")
    process = Process(deps)
    process.warm(endpoint_id)
    assert len(await process.claim()) == 2
    process.claimer.charge(endpoint_id, 2)
    earned = "UPDATE endpoint_turns SET tokens = 2, tokens_at = now() + interval '1 h'"
    await run(deps, earned)
    process.a_while_later()
    assert await process.claim() == []
    await run(deps, earned)
    process.a_while_later()
    assert len(await process.claim()) == 2


async def test_two_dispatchers_have_at_most_eight_in_flight(
    deps: Deps, receiver: Subscriber
) -> None:
    """Counted at the receiver."""
    on_wire, seen = 0, Counter[int]()

    async def take(_request: web.Request) -> web.Response:
        nonlocal on_wire
        on_wire += 1
        seen[on_wire] += 1
        await asyncio.sleep(0.02)
        on_wire -= 1
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await waiting(deps, f"http://127.0.0.1:{runner.addresses[0][1]}/hook", 300)
    async with dispatching(deps), dispatching(deps):
        await eventually(lambda: seen.total() == 300, within=30)
    await runner.cleanup()
    assert max(seen) <= 8


async def _is(deps: Deps, query: str, row: tuple[object, ...]) -> bool:
    return row in await rows(deps, query)
