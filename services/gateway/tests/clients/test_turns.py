"""Turns are given by network, then by address; nobody keeps a turn that nobody wants."""

import asyncio
from collections.abc import Callable

import pytest

from linktime_common.errors import Unavailable
from linktime_gateway.clients.turns import Turns
from linktime_gateway.domain.client_address import Origin

Wait = Callable[[str], "asyncio.Task[None]"]


async def settled() -> None:
    """Every task has run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def waiting(turns: Turns, served: list[str]) -> Wait:
    """`wait("network address name")` takes a turn, and is in `served` once it has it."""

    async def take(who: str) -> None:
        network, address, _ = who.split()
        await turns.take(Origin(network, address))
        served.append(who)

    return lambda who: asyncio.create_task(take(who))


async def test_networks_take_turns_and_so_do_their_addresses() -> None:
    """However many came before from one network, or from one address of it."""
    turns, served = Turns(1, 100), list[str]()
    wait = waiting(turns, served)
    order = ["n a 1", "n a 2", "n a 3", "n a 4", "n b 1", "m c 1", "m c 2"]
    tasks = [wait(who) for who in order]
    await settled()
    for _ in order[1:]:
        turns.give_back()
        await settled()
    assert served == ["n a 1", "n a 2", "m c 1", "n b 1", "m c 2", "n a 3", "n a 4"]
    await asyncio.gather(*tasks)


async def test_in_excess_the_last_of_the_longest_is_refused() -> None:
    """A network that fills the queue keeps nobody else out of it, nor does one address of it."""
    turns, served = Turns(1, 3), list[str]()
    wait = waiting(turns, served)
    tasks = {who: wait(who) for who in ("n a 0", "n a 1", "n a 2", "n a 3", "n b 1", "m c 1")}
    await settled()
    refused = {who for who, task in tasks.items() if task.done() and task.exception()}
    assert refused == {"n a 2", "n a 3"}
    newest = wait("o d 1")
    await settled()
    # Three networks have two, one and one: the last of the first makes room.
    with pytest.raises(Unavailable):
        await tasks["n b 1"]
    late = wait("p e 1")
    with pytest.raises(Unavailable):  # all have one: those that wait for the longest stay
        await late
    for _ in range(3):
        turns.give_back()
        await settled()
    assert served == ["n a 0", "n a 1", "m c 1", "o d 1"]
    await newest


async def test_who_leaves_is_passed_over() -> None:
    """Whether before its turn, or just when it comes: the turn is the next one's."""
    turns, served = Turns(1, 100), list[str]()
    wait = waiting(turns, served)
    first, gone, leaving, last = (wait(f"n a {number}") for number in range(4))
    await settled()
    gone.cancel()
    turns.give_back()
    await settled()
    assert served == ["n a 0", "n a 2"]
    turns.give_back()  # it has the turn now, and leaves before it runs
    last.cancel()
    await settled()
    await turns.take(Origin("n", "a"))
    assert last.cancelled()
    await asyncio.gather(first, leaving)
