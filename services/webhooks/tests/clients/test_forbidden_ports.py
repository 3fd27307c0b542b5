"""LinkTime's ports cannot be reached, even in allowed networks."""

from uuid import uuid4

import pytest
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import NO_CONTENT, answering, listening
from services.webhooks.tests.api.calls import as_user
from services.webhooks.tests.clients.posting import post
from services.webhooks.tests.subscribers import LOOPBACK, SEALING_KEY

from linktime_common.egress.addresses import AddressRefused, check_port
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_common.process import ProcessRole
from linktime_local.testing.services import running
from linktime_webhooks.app import SERVICE
from linktime_webhooks.clients.subscriber import Subscribers

HOSTS = ("127.0.0.1", "127.0.0.2", "own.test", "[::ffff:127.0.0.1]")


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:1"])
@pytest.mark.parametrize("host", HOSTS)
async def test_a_forbidden_port_is_not_dialled(
    names: NameServer, host: str, proxy: str | None
) -> None:
    """By address, by name, by the mapped spelling, and through a proxy."""
    names.zone["own.test"] = ["127.0.0.1"]
    async with listening(answering(NO_CONTENT)) as receiver:
        resolver = Resolver(LOOPBACK, forbidden_ports={receiver.port}, server=names.address)
        async with (
            resolver,
            Subscribers(WayOut(resolver, proxy=proxy), allow_http=True) as subscribers,
        ):
            outcome = await post(subscribers, f"http://{host}:{receiver.port}/metrics")
    assert (outcome.reason, receiver.accepted) == ("blocked_address", 0)


async def test_other_ports_are_reached(names: NameServer) -> None:
    """Such as a receiver for development on the same machine."""
    async with listening(answering(NO_CONTENT)) as receiver:
        resolver = Resolver(LOOPBACK, forbidden_ports={receiver.port - 1}, server=names.address)
        async with resolver, Subscribers(WayOut(resolver), allow_http=True) as subscribers:
            outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, receiver.accepted) == ("ok", 1)


async def test_a_forbidden_port_is_refused_when_saved(
    dsn: str, broker_url: str, topology_prefix: str, names: NameServer
) -> None:
    """400 with the field and the port."""
    names.zone["own.test"] = ["127.0.0.1"]
    async with running(
        SERVICE,
        ProcessRole.SERVE,
        postgres_dsn=dsn,
        broker_url=broker_url,
        broker_prefix=topology_prefix,
        sealing_keys=[SEALING_KEY],
        dns_server=names.address,
        allow_http=True,
        allowed_networks=["127.0.0.0/8"],
        forbidden_ports=[5432],
    ) as service:
        ask = as_user(service, uuid4())
        for host in HOSTS:
            body = {"url": f"http://{host}:5432/", "events": ["booking.created"]}
            status, answer = await ask("POST", body=body)
            sentence = "Port 5432 of this address may not be reached"
            assert (status, answer["details"]) == (400, {"url": sentence}), host
        body = {"url": "http://127.0.0.1:5433/", "events": ["booking.created"]}
        assert (await ask("POST", body=body))[0] == 201


def test_the_same_port_of_a_public_address_is_reached() -> None:
    """Public addresses are not LinkTime's."""
    check_port("93.184.215.14", 8080, {8080})
    with pytest.raises(AddressRefused):
        check_port("0.0.0.0", 8080, {8080})
