"""Turns go to origins with the fewest requests; cancelled waiters are skipped."""

import asyncio
import math
from collections.abc import Callable

import pytest

from linktime_common.errors import Unavailable
from linktime_gateway.clients.turns import Turns
from linktime_gateway.domain.client_address import Origin

Wait = Callable[..., "asyncio.Task[None]"]


async def settled() -> None:
    """Run every task until it blocks."""
    for _ in range(5):
        await asyncio.sleep(0)


def waiting(turns: Turns, served: list[str]) -> Wait:
    """`wait("network address name")` takes a turn and then appends to `served`."""

    async def take(who: str, deadline: float) -> None:
        network, address, _ = who.split()
        await turns.take(Origin(network, address), deadline)
        served.append(who)

    return lambda who, deadline=math.inf: asyncio.create_task(take(who, deadline))


async def served_in_order(turns: Turns, served: list[str], number: int) -> list[str]:
    """Return the next served, in order."""
    await settled()
    before = len(served)
    for _ in range(number):
        turns.give_back(0)
        await settled()
    return served[before:]


async def test_the_origin_with_the_fewest_requests_comes_first() -> None:
    """By network, then by address, then in order of arrival."""
    turns, served = Turns(1, 100, 0), list[str]()
    wait = waiting(turns, served)
    order = ["n a 1", "n a 2", "n a 3", "n b 1", "m c 1", "m c 2", "o d 1"]
    tasks = [wait(who) for who in order]
    assert await served_in_order(turns, served, 6) == [
        "o d 1", "m c 1", "m c 2", "n b 1", "n a 2", "n a 3"
    ]  # fmt: skip
    await asyncio.gather(*tasks)


async def test_a_quiet_address_comes_before_busy_ones() -> None:
    """Although each of them has another network and waits for its result before the next
    request."""
    turns, served = Turns(2, 100, 0), list[str]()
    wait = waiting(turns, served)
    crowd = [f"n{number} a x" for number in range(25)]
    tasks = []
    for _ in range(2):
        tasks += [wait(who) for who in crowd]
        await served_in_order(turns, served, len(crowd))
    tasks += [wait(who) for who in crowd]
    await settled()
    owner = wait("quiet a x")
    assert await served_in_order(turns, served, 1) == ["quiet a x"]
    # Its second request still comes before theirs.
    again = wait("quiet a x")
    assert await served_in_order(turns, served, 1) == ["quiet a x"]
    await served_in_order(turns, served, len(crowd))
    await asyncio.gather(owner, again, *tasks)


async def test_refused_requests_count() -> None:
    """A correct password does not."""
    turns, served = Turns(1, 0, 0), list[str]()
    wait = waiting(turns, served)
    await turns.take(Origin("w", "w"))
    refused = [wait(who) for who in ("n a 1", "n a 2", "m b 1", "m b 2", "m b 3")]
    await settled()
    assert all(isinstance(task.exception(), Unavailable) for task in refused)
    turns._most_waiting = 100
    tasks = [wait(who) for who in ("m b 4", "n a 3")]
    for _ in range(3):
        turns.forgive(Origin("m", "b"))
    assert await served_in_order(turns, served, 2) == ["m b 4", "n a 3"]
    await asyncio.gather(*tasks)


async def test_a_full_queue_refuses_the_origin_with_the_most_requests() -> None:
    """A network, or one of its addresses, cannot block the queue."""
    turns, served = Turns(1, 3, 0), list[str]()
    wait = waiting(turns, served)
    tasks = {who: wait(who) for who in ("n a 0", "n a 1", "n a 2", "n a 3", "n b 1", "m c 1")}
    await settled()
    refused = {who for who, task in tasks.items() if task.done() and task.exception()}
    assert refused == {"n a 2", "n a 3"}
    newest = wait("o d 1")
    await settled()
    with pytest.raises(Unavailable):
        await tasks["n a 1"]
    late = wait("m e 1")
    with pytest.raises(Unavailable):
        await tasks["n b 1"]
    assert await served_in_order(turns, served, 3) == ["o d 1", "m c 1", "m e 1"]
    await asyncio.gather(newest, late, tasks["m c 1"])


async def test_work_that_cannot_end_in_time_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused on arrival, or later when work has become slower."""
    monkeypatch.setattr("linktime_gateway.clients.turns.LATEST", 1)
    turns, served = Turns(1, 100, 10), list[str]()
    wait, now = waiting(turns, served), asyncio.get_running_loop().time()
    first = wait("n a 1", now + 5)  # the queue is empty: this is how the estimate becomes lower
    await settled()
    soon = wait("n b 1", now + 5)
    with pytest.raises(Unavailable):
        await soon
    fits, does_not = wait("m c 1", now + 1_000), wait("m c 2", now + 15)
    with pytest.raises(Unavailable):
        await does_not
    late = wait("o d 1", now + 500)
    await settled()
    turns.give_back(10_000)
    await settled()
    for one in (late, fits):
        with pytest.raises(Unavailable):
            await one
    assert served == ["n a 1"]
    await turns.take(Origin("p", "e"), now + 5)
    await first


async def test_one_slow_run_does_not_raise_the_estimate() -> None:
    """The next is started, because the others were fast."""
    turns, now = Turns(1, 100, 1), asyncio.get_running_loop().time()
    await turns.take(Origin("n", "a"))
    next_one = asyncio.create_task(turns.take(Origin("m", "b"), now + 100))
    await settled()
    turns.give_back(10_000)
    await next_one


async def test_the_number_of_counted_origins_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest inactive ones are dropped."""
    monkeypatch.setattr("linktime_gateway.clients.turns.MOST_KNOWN", 4)
    turns = Turns(100, 0, 0)
    for number in range(50):
        await turns.take(Origin(f"n{number}", "a"))
    assert len(turns._counts._known) == 4


async def test_a_cancelled_waiter_is_skipped() -> None:
    """Before its turn, or just when it gets it: the next one gets the turn."""
    turns, served = Turns(1, 100, 0), list[str]()
    wait = waiting(turns, served)
    first, gone, leaving, last = (wait(f"n a {number}") for number in range(4))
    await settled()
    gone.cancel()
    turns.give_back(0)
    await settled()
    assert served == ["n a 0", "n a 2"]
    turns.give_back(0)  # it has the turn now, and is cancelled before it runs
    last.cancel()
    await settled()
    await turns.take(Origin("n", "a"))
    assert last.cancelled()
    await asyncio.gather(first, leaving)
