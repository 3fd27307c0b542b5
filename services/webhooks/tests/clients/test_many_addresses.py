"""Names with many addresses: all are checked, a few dialled, within one time limit."""

import socket
from contextlib import ExitStack
from ipaddress import ip_network

import pytest
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import NO_CONTENT, answering, listening
from services.webhooks.tests.clients.posting import post

from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.subscriber import Subscribers

MANY_V4 = [f"127.0.{number // 250}.{number % 250 + 1}" for number in range(120)]
MANY_V6 = [f"2606:4700::{number:x}" for number in range(1, 121)]


async def test_a_few_addresses_of_each_family_are_dialled(names: NameServer) -> None:
    """A random choice, so that every one is used at some time."""
    names.zone["many.test"] = [*MANY_V4, *MANY_V6]
    names.long.add("many.test")
    async with Resolver([ip_network("127.0.0.0/8")], server=names.address) as resolver:
        assert len(await resolver.addresses("many.test")) == len(MANY_V4) + len(MANY_V6)
        rounds = [
            [result["host"] for result in await resolver.resolve("many.test")] for _ in range(5)
        ]
    for dialled in rounds:
        assert len(set(dialled) & set(MANY_V4)) == len(set(dialled) & set(MANY_V6)) == 4
        assert len(dialled) == 8
    assert len({address for dialled in rounds for address in dialled}) > 8


async def test_a_few_addresses_are_all_dialled_in_any_order(names: NameServer) -> None:
    """So that the first does not get all the load."""
    names.zone["few.test"] = ["93.184.215.14", "93.184.215.15", "2606:4700::1"]
    async with Resolver([], server=names.address) as resolver:
        rounds = [
            tuple(result["host"] for result in await resolver.resolve("few.test"))
            for _ in range(60)
        ]
    assert {frozenset(dialled) for dialled in rounds} == {frozenset(names.zone["few.test"])}
    assert len(set(rounds)) > 1


async def test_one_blocked_address_among_many_refuses_the_name(
    subscribers: Subscribers, names: NameServer
) -> None:
    """Even if it would not be dialled."""
    names.zone["mostly.test"] = [*MANY_V4, "10.0.0.1"]
    names.long.add("mostly.test")
    async with listening(answering(NO_CONTENT)) as receiver:
        outcome = await post(subscribers, f"http://mostly.test:{receiver.port}/hook")
        assert receiver.accepted == 0
    assert outcome.reason == "blocked_address"


async def test_all_addresses_have_one_time_limit(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shortened here: listeners with full queues neither accept nor refuse."""
    monkeypatch.setattr(subscriber, "CONNECT_SECONDS", 1.5)
    names.zone["full.test"] = [f"127.0.0.{number}" for number in range(2, 6)]
    with ExitStack() as sockets:
        port = 0
        for address in names.zone["full.test"]:
            full = sockets.enter_context(socket.socket())
            full.bind((address, port))
            port = full.getsockname()[1]
            full.listen(0)
            for _ in range(2):
                filling = sockets.enter_context(socket.socket())
                filling.setblocking(False)
                filling.connect_ex((address, port))
        async with (
            Resolver([ip_network("127.0.0.0/8")], server=names.address) as resolver,
            Subscribers(WayOut(resolver), allow_http=True) as hasty,
        ):
            outcome = await post(hasty, f"http://full.test:{port}/")
    assert outcome.reason == "timeout"
    assert outcome.connect_ms is not None
    assert 1_400 < outcome.connect_ms < 3_000  # one limit; two would end at 3,000
