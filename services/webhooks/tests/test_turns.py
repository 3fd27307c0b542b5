"""What holds for an endpoint over all dispatchers: eight requests at once, one probe, its rate."""

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
    """What a dispatcher claims with; every endpoint is well, so it may have all its slots."""

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
        """What was settled before has to be settled again."""
        for hold in self.claimer._holds.values():
            hold.ask_at = hold.settled_at = 0.0


async def waiting(deps: Deps, url: str, count: int) -> UUID:
    """An endpoint with so many deliveries due."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, url)
    await take_in(deps, *[booking_created(owner) for _ in range(count)])
    return endpoint_id


async def run(deps: Deps, statement: str) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(statement)


async def test_eight_slots_hold_for_all_processes(deps: Deps, receiver: Subscriber) -> None:
    """What one has on the wire is not there for the other, until it says that it came to an end."""
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


async def test_one_that_died_holds_its_slots_for_seconds_only(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its requests ended with it; what it had claimed waits for the lease."""
    endpoint_id = await waiting(deps, receiver.url, 20)
    dead, other = Process(deps), Process(deps)
    for process in (dead, other):
        process.warm(endpoint_id)
    assert len(await dead.claim()) == 8
    assert await other.claim() == []
    await run(deps, f"UPDATE endpoint_turns SET taken = '{{\"{dead.owner}\": [8, 0, 0]}}'")
    other.a_while_later()
    assert len(await other.claim()) == 8


async def test_an_endpoint_at_rest_holds_no_slots(deps: Deps, receiver: Subscriber) -> None:
    """A dispatcher with nothing on the wire says so, though nothing more is due."""
    endpoint_id = await waiting(deps, receiver.url, 1)
    async with dispatching(deps):
        await eventually(lambda: _is(deps, ENDED, ("delivered", 1)))
        await eventually(lambda: _is(deps, TAKEN, ({},)))
    assert endpoint_id


async def test_a_probe_is_one_for_all_processes(deps: Deps, receiver: Subscriber) -> None:
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


async def test_a_rate_is_one_for_all_processes(deps: Deps, receiver: Subscriber) -> None:
    """What one has spent is not there for another, and a fraction of a token is earned too."""
    endpoint_id = await waiting(deps, receiver.url, 20)
    await run(deps, "UPDATE endpoints SET rate_per_second = 2")
    processes = [Process(deps) for _ in range(3)]
    for process in processes:
        process.warm(endpoint_id)
    claimed = [len(await process.claim()) for process in processes[:2]]
    assert claimed == [1, 0]
    # A quarter of a second earns the half that is missing.
    earned = "UPDATE endpoint_turns SET tokens = 0.5, tokens_at = now() - interval '0.25 s'"
    await run(deps, earned)
    assert len(await processes[2].claim()) == 1


async def test_two_dispatchers_never_have_more_than_eight_on_the_wire(
    deps: Deps, receiver: Subscriber
) -> None:
    """Counted where they arrive."""
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
