"""Scarce work in turns: by network, and within a network by address.

A queue in order of arrival lets one network that sends much keep all others waiting.
"""

import asyncio
from collections import OrderedDict, deque

from linktime_common.errors import Unavailable
from linktime_gateway.domain.client_address import Origin

Waiter = asyncio.Future[None]


class Turns:
    """Gives away `at_once` turns; at most `most_waiting` wait, those in excess are refused."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free = at_once
        self._most_waiting = most_waiting
        self._line = _FairQueue()

    async def take(self, origin: Origin) -> None:
        """Return when the caller has a turn, which it must `give_back`.

        When too many wait, raises Unavailable in the last one of the network with the most.
        A caller that is cancelled leaves the queue.
        """
        if self._free:
            self._free -= 1
            return
        turn: Waiter = asyncio.get_running_loop().create_future()
        self._line.add(origin, turn)
        if self._line.count > self._most_waiting:
            last = self._line.last_of_longest()
            if not last.done():
                last.set_exception(Unavailable("too many are waiting"))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._line.remove(origin, turn)
            elif turn.exception() is None:
                self.give_back()
            raise

    def give_back(self) -> None:
        """The work of one turn has ended."""
        turn = self._line.next()
        if turn is None:
            self._free += 1
        else:
            turn.set_result(None)


class _FairQueue:
    """Who waits, by network and by address; the first network and its first address are next."""

    def __init__(self) -> None:
        self.count = 0
        self._networks: OrderedDict[str, OrderedDict[str, deque[Waiter]]] = OrderedDict()

    def add(self, origin: Origin, turn: Waiter) -> None:
        addresses = self._networks.setdefault(origin.network, OrderedDict())
        addresses.setdefault(origin.address, deque()).append(turn)
        self.count += 1

    def remove(self, origin: Origin, turn: Waiter) -> None:
        """Take out a turn that is no longer wanted, if it is still there."""
        addresses = self._networks.get(origin.network)
        turns = addresses.get(origin.address) if addresses else None
        if turns and turn in turns:
            turns.remove(turn)
            self._taken_from(origin.network, origin.address)

    def next(self) -> Waiter | None:
        """Take out whose turn it is; its network and address come last in the next round."""
        while self._networks:
            network, addresses = next(iter(self._networks.items()))
            address, turns = next(iter(addresses.items()))
            turn = turns.popleft()
            self._networks.move_to_end(network)
            addresses.move_to_end(address)
            self._taken_from(network, address)
            if not turn.done():
                return turn
        return None

    def last_of_longest(self) -> Waiter:
        """Take out the last of the address with the most, in the network with the most.

        Of equally many, those that wait for the longest stay.
        """
        network = max(reversed(self._networks), key=self._length_of)
        addresses = self._networks[network]
        address = max(reversed(addresses), key=lambda address: len(addresses[address]))
        turn = addresses[address].pop()
        self._taken_from(network, address)
        return turn

    def _length_of(self, network: str) -> int:
        return sum(map(len, self._networks[network].values()))

    def _taken_from(self, network: str, address: str) -> None:
        self.count -= 1
        addresses = self._networks[network]
        if not addresses[address]:
            del addresses[address]
        if not addresses:
            del self._networks[network]
