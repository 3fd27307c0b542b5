"""Names are resolved within bounds, and cached briefly."""

import asyncio
from ipaddress import ip_network

import pytest
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import NO_CONTENT, answering, listening
from services.webhooks.tests.clients.posting import post

from linktime_common.egress.addresses import AddressRefused
from linktime_common.egress.resolver import Resolver
from linktime_local.testing.waiting import eventually
from linktime_webhooks.clients.subscriber import Subscribers


async def test_a_name_that_does_not_exist_is_an_ordinary_failure(
    subscribers: Subscribers,
) -> None:
    """With a separate reason, and retried like any other."""
    outcome = await post(subscribers, "http://nowhere.test:8080/hook")
    assert (outcome.reason, outcome.charged) == ("dns_no_such_name", True)
    assert not outcome.delivered
    assert outcome.address is None
    assert outcome.dns_ms is not None


async def test_a_name_without_an_address_is_an_ordinary_failure(
    subscribers: Subscribers, names: NameServer
) -> None:
    """It exists, but has no address."""
    names.zone["empty.test"] = []
    assert (await post(subscribers, "http://empty.test:8080/hook")).reason == "dns_no_address"


async def test_a_name_server_that_fails_is_not_a_name_that_does_not_exist(
    subscribers: Subscribers, names: NameServer
) -> None:
    """Each has a separate reason: a failure may be temporary."""
    names.failing.add("failing.test")
    outcome = await post(subscribers, "http://failing.test:8080/hook")
    assert (outcome.reason, outcome.charged) == ("dns_server_failed", True)


@pytest.mark.parametrize("kinds", [["A"], ["AAAA"], ["A", "AAAA"]])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_lost_query_is_repeated(names: NameServer, kinds: list[str], times: int) -> None:
    """Lost datagrams cost seconds, but no attempt."""
    names.zone["lossy.test"] = ["93.184.215.14", "2606:4700::1"]
    names.lost.update({("lossy.test", kind): times for kind in kinds})
    async with Resolver([], server=names.address) as resolver:
        found = await resolver.addresses("lossy.test")
    assert "93.184.215.14" in found or "2606:4700::1" in found
    if times == 1:
        assert sorted(found) == ["2606:4700::1", "93.184.215.14"]


@pytest.mark.parametrize(("kind", "found"), [("A", ["2606:4700::1"]), ("AAAA", ["93.184.215.14"])])
async def test_a_family_without_a_response_is_skipped(
    names: NameServer, kind: str, found: list[str]
) -> None:
    """Some name servers drop queries for types that they have no records of."""
    names.zone["half.test"] = ["93.184.215.14", "2606:4700::1"]
    names.lost["half.test", kind] = 100
    async with Resolver([], server=names.address) as resolver:
        assert await resolver.addresses("half.test") == found


async def test_a_family_without_an_answer_excuses_no_blocked_address(names: NameServer) -> None:
    """Nor does a late response: the addresses received are checked as always."""
    names.zone["half.test"] = ["10.0.0.1", "2606:4700::1"]
    names.lost["half.test", "AAAA"] = 100
    names.zone["late.test"] = ["10.0.0.1", "2606:4700::1"]
    names.lost["late.test", "A"] = 1
    async with Resolver([], server=names.address) as resolver:
        for name in ("half.test", "late.test"):
            with pytest.raises(AddressRefused):
                await resolver.addresses(name)


async def test_a_truncated_response_is_repeated_over_tcp(names: NameServer) -> None:
    """A response that does not fit into a datagram is marked as truncated."""
    names.zone["long.test"] = [f"93.184.215.{number}" for number in range(1, 120)]
    names.long.add("long.test")
    async with Resolver([], server=names.address) as resolver:
        assert sorted(await resolver.addresses("long.test")) == sorted(names.zone["long.test"])
    assert names.asked_over_tcp["long.test"] == 2


async def test_a_corrected_name_is_found_within_half_a_minute(
    subscribers: Subscribers, names: NameServer
) -> None:
    """Although its name server allowed caching its absence for an hour."""
    async with listening(answering(NO_CONTENT)) as receiver:
        url = f"http://late.test:{receiver.port}/hook"
        assert (await post(subscribers, url)).reason == "dns_no_such_name"
        names.zone["late.test"] = ["127.0.0.1"]

        async def is_found() -> bool:
            return (await post(subscribers, url)).delivered

        await eventually(is_found, within=30, every=0.5)


async def test_a_changed_address_is_used_within_half_a_minute(
    subscribers: Subscribers, names: NameServer
) -> None:
    """Its server allows no caching."""
    names.zone["moving.test"] = ["127.0.0.9"]
    async with listening(answering(NO_CONTENT)) as receiver:
        url = f"http://moving.test:{receiver.port}/hook"
        assert (await post(subscribers, url)).reason == "connect"
        names.zone["moving.test"] = ["127.0.0.1"]

        async def is_found() -> bool:
            return (await post(subscribers, url)).delivered

        await eventually(is_found, within=30, every=0.5)


async def test_a_slow_name_server_is_waited_for(names: NameServer) -> None:
    """Even if it was quick before."""
    names.zone = {"quick.test": ["93.184.215.14"], "slow.test": ["93.184.215.14"]}
    names.slow["slow.test"] = 1.5
    async with Resolver([], server=names.address) as resolver:
        for _ in range(20):
            assert await resolver.addresses("quick.test") == ["93.184.215.14"]
        assert await resolver.addresses("slow.test") == ["93.184.215.14"]


async def test_a_silent_name_server_ends_in_three_seconds(
    subscribers: Subscribers, names: NameServer
) -> None:
    """The attempt fails for the name, well within its fifteen seconds."""
    names.dead.add("dead.test")
    outcome = await post(subscribers, "http://dead.test:8080/hook")
    assert outcome.reason == "dns_timeout"
    assert 2900 <= outcome.total_ms < 10_000


async def test_one_family_is_enough(subscribers: Subscribers, names: NameServer) -> None:
    """Many names have no address of the other."""
    names.zone["four.test"] = ["93.184.215.14"]
    names.zone["six.test"] = ["2606:4700::1"]
    assert await subscribers.way_out.resolver.addresses("four.test") == ["93.184.215.14"]
    assert await subscribers.way_out.resolver.addresses("six.test") == ["2606:4700::1"]


async def test_localhost_is_this_machine_without_a_query(names: NameServer) -> None:
    """It is refused, unless this machine is allowed."""
    names.zone["localhost"] = ["93.184.215.14"]
    async with Resolver([], server=names.address) as resolver:
        with pytest.raises(AddressRefused):
            await resolver.addresses("localhost")
    networks = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    async with Resolver(networks, server=names.address) as resolver:
        assert await resolver.addresses("localhost") == ["127.0.0.1", "::1"]
    assert names.asked == {}


async def test_dead_names_delay_no_other(subscribers: Subscribers, names: NameServer) -> None:
    """Forty names without responses; another name is resolved and delivered to at once."""
    dead = [f"dead{number}.test" for number in range(40)]
    names.dead.update(dead)
    names.zone["alive.test"] = ["127.0.0.1"]
    async with listening(answering(NO_CONTENT)) as receiver:
        waiting = [
            asyncio.create_task(post(subscribers, f"http://{name}:{receiver.port}/"))
            for name in dead
        ]
        await eventually(lambda: all(names.asked[name] for name in dead))
        outcome = await post(subscribers, f"http://alive.test:{receiver.port}/hook")
        assert outcome.delivered
        assert outcome.total_ms < 1500
        assert not any(task.done() for task in waiting)
        ended = await asyncio.gather(*waiting)
    assert {one.reason for one in ended} == {"dns_timeout"}
    assert max(one.total_ms for one in ended) < 6000


async def test_concurrent_deliveries_to_one_name_share_a_query(
    subscribers: Subscribers, names: NameServer
) -> None:
    """Concurrent lookups are merged."""
    names.zone["popular.test"] = ["127.0.0.1"]
    async with listening(answering(NO_CONTENT)) as receiver:
        url = f"http://popular.test:{receiver.port}/hook"
        outcomes = await asyncio.gather(*(post(subscribers, url) for _ in range(20)))
    assert all(outcome.delivered for outcome in outcomes)
    assert names.asked["popular.test"] == 2  # one for each family


async def test_a_name_with_addresses_of_both_families_is_reached(
    subscribers: Subscribers, names: NameServer
) -> None:
    """If one family is unreachable, the other is tried."""
    names.zone["both.test"] = ["2606:4700::1", "127.0.0.1"]
    async with listening(answering(NO_CONTENT)) as receiver:
        outcome = await post(subscribers, f"http://both.test:{receiver.port}/hook")
    assert (outcome.reason, outcome.address) == ("ok", "127.0.0.1")
