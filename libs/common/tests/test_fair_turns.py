"""Turns are shared by parties; of one party the newest request comes first."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from linktime_common.errors import Overloaded
from linktime_common.fair_turns import FairTurns

LONG_SECONDS = 60.0


class Crowd:
    """Requests of named parties; each holds its turn until `end`."""

    def __init__(self, turns: FairTurns) -> None:
        self._turns = turns
        self._may_end: dict[str, asyncio.Event] = {}
        self.begun: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def arrive(self, *names: str, within_seconds: float = LONG_SECONDS) -> None:
        """Start a request for each name, such as `ada 1` or `ada+address 1`."""
        for name in names:
            self._may_end[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._request(name, within_seconds))
            await settled()

    async def end(self, *names: str) -> list[str]:
        """End these requests; returns which have begun since."""
        before = len(self.begun)
        for name in names:
            self._may_end[name].set()
            await settled()
        return self.begun[before:]

    async def end_all(self) -> None:
        for event in self._may_end.values():
            event.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _request(self, name: str, seconds: float) -> None:
        parties = name.split(maxsplit=1)[0].split("+")
        async with self._turns.turn(parties, within_seconds=seconds):
            self.begun.append(name)
            await self._may_end[name].wait()


async def settled() -> None:
    """Run every task until it blocks."""
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.fixture
async def turns() -> FairTurns:
    return FairTurns(4, 5)


@pytest.fixture
async def crowd(turns: FairTurns) -> AsyncIterator[Crowd]:
    made = Crowd(turns)
    yield made
    await made.end_all()
    assert (turns.used, turns.waiting) == (0, 0)


async def test_one_party_has_at_most_half_of_the_turns(crowd: Crowd) -> None:
    """Another one begins at once beside its crowd."""
    await crowd.arrive("ada 1", "ada 2", "ada 3", "ada 4", "bob 1", "bob 2")
    assert crowd.begun == ["ada 1", "ada 2", "bob 1", "bob 2"]


async def test_the_newest_of_a_party_comes_first(crowd: Crowd) -> None:
    await crowd.arrive("ada 1", "ada 2", "ada 3", "ada 4")
    assert await crowd.end("ada 1") == ["ada 4"]
    assert await crowd.end("ada 2") == ["ada 3"]


async def test_a_turn_goes_to_the_party_with_the_fewest(crowd: Crowd) -> None:
    """However many of the others wait, and for how long."""
    await crowd.arrive("ada 1", "ada 2", "bob 1", "cy 1", "ada 3", "bob 2", "dora 1", "ada 4")
    assert crowd.begun == ["ada 1", "ada 2", "bob 1", "cy 1"]
    assert await crowd.end("cy 1") == ["dora 1"]
    assert await crowd.end("dora 1") == ["bob 2"]
    assert await crowd.end("bob 1") == []  # two turns of ada, one of bob: ada has her half
    assert await crowd.end("ada 1") == ["ada 4"]


async def test_a_request_counts_for_each_of_its_parties(crowd: Crowd) -> None:
    """As the host's and as the client's address: each of them may have half."""
    await crowd.arrive("ada+home 1", "ada+work 1", "ada+cafe 1", "bob+home 1", "cy+home 1")
    assert crowd.begun == ["ada+home 1", "ada+work 1", "bob+home 1"]
    # The end of this request leaves room for both that wait.
    assert await crowd.end("ada+home 1") == ["cy+home 1", "ada+cafe 1"]


async def test_the_oldest_of_the_largest_party_is_refused_when_too_many_wait(crowd: Crowd) -> None:
    await crowd.arrive("ada 1", "ada 2", "bob 1", "bob 2")
    await crowd.arrive("bob 3", "ada 3", "ada 4", "ada 5", "ada 6")
    assert not crowd.tasks["ada 3"].done()
    await crowd.arrive("cy 1")
    with pytest.raises(Overloaded):
        await crowd.tasks["ada 3"]
    assert await crowd.end("bob 1") == ["cy 1"]


async def test_a_request_without_a_turn_in_time_is_refused(turns: FairTurns, crowd: Crowd) -> None:
    await crowd.arrive("ada 1", "ada 2")
    with pytest.raises(Overloaded):
        async with turns.turn(["ada"], within_seconds=0):
            raise AssertionError("it has a turn")
    assert turns.waiting == 0


async def test_a_caller_that_left_gets_no_turn(turns: FairTurns, crowd: Crowd) -> None:
    """Neither while it waits nor at the moment in which it gets one."""
    await crowd.arrive("ada 1", "ada 2", "ada 3", "ada 4", "ada 5")
    crowd.tasks["ada 5"].cancel()
    assert await crowd.end("ada 1") == ["ada 4"]
    crowd._may_end["ada 2"].set()
    while turns.waiting:  # until "ada 3" has a turn of which it does not know yet
        await asyncio.sleep(0)
    crowd.tasks["ada 3"].cancel()
    await crowd.arrive("ada 6")
    assert crowd.begun == ["ada 1", "ada 2", "ada 4", "ada 6"]


async def test_requests_of_nobody_share_no_limit_but_the_whole(turns: FairTurns) -> None:
    async with (
        turns.turn([], within_seconds=0),
        turns.turn([], within_seconds=0),
        turns.turn([], within_seconds=0),
        turns.turn([], within_seconds=0),
    ):
        with pytest.raises(Overloaded):
            async with turns.turn([], within_seconds=0):
                raise AssertionError("it has a turn")
