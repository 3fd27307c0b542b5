"""Only public addresses are dialled, in whatever spelling and by whatever name."""

from typing import Any
from uuid import uuid4

import pytest
from services.webhooks.tests.api.calls import as_user
from services.webhooks.tests.clients.nameserver import NameServer
from services.webhooks.tests.clients.posting import post
from services.webhooks.tests.clients.receivers import NO_CONTENT, answering, listening
from services.webhooks.tests.subscribers import SEALING_KEY

from linktime_common.process import ProcessRole
from linktime_local.testing.services import running
from linktime_webhooks.app import SERVICE
from linktime_webhooks.clients import connector
from linktime_webhooks.clients.subscriber import Subscribers

# Spellings of this machine, without scheme and port.
LOOPBACK = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0x7f.1",
    "0x7f.0.1",
    "00000000177.0.0.1",
    "127.0.0.1%00.example.com",
    "%31%32%37.0.0.1",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost..",
    "sub.localhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::1%25lo]",
    "[::ffff:127.0.0.1%25lo]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
]
# Other addresses that are not public.
INTERNAL = [
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.257",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:10.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a00:1::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[100::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
]
# The zone of the test's name server; one forbidden address refuses the whole name.
NAMES = {
    "loopback.test": ["127.0.0.1"],
    "metadata.test": ["169.254.169.254"],
    "private.test": ["10.0.0.1"],
    "zero.test": ["0.0.0.0"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "unique-local.test": ["fd00:ec2::254"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "six-to-four.test": ["2002:7f00:1::1"],
    "first-good.test": ["93.184.215.14", "127.0.0.1"],
    "last-good.test": ["10.0.0.1", "93.184.215.14"],
    "good-four-bad-six.test": ["93.184.215.14", "::1"],
    "bad-four-good-six.test": ["127.0.0.1", "2606:4700::1"],
}
FORBIDDEN = [*LOOPBACK, *INTERNAL, *NAMES]


class Dialled(Exception):
    """A socket was about to be created."""


@pytest.fixture
def tripwire(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every requested socket; none is created."""
    asked: list[Any] = []

    def trip(*arguments: Any) -> None:
        asked.append(arguments)
        raise Dialled

    monkeypatch.setattr(connector, "CountedSocket", trip)
    return asked


def test_the_table_is_long() -> None:
    """At least sixty different spellings."""
    assert len(set(FORBIDDEN)) == len(FORBIDDEN) >= 60


async def test_every_spelling_is_refused_when_saved(
    dsn: str, broker_url: str, topology_prefix: str, names: NameServer
) -> None:
    """400 with the field, with or without the name server; nothing is stored."""
    names.zone = dict(NAMES)
    accepted = []
    async with running(
        SERVICE,
        ProcessRole.SERVE,
        postgres_dsn=dsn,
        broker_url=broker_url,
        broker_prefix=topology_prefix,
        sealing_keys=[SEALING_KEY],
        dns_server=names.address,
    ) as service:
        ask = as_user(service, uuid4())
        for host in FORBIDDEN:
            body = {"url": f"https://{host}/hook", "events": ["booking.created"]}
            status, answer = await ask("POST", body=body)
            if status != 400 or list(answer["details"]) != ["url"]:
                accepted.append((host, status, answer))
        total = (await ask("GET"))[1]["pagination"]["total"]
    assert (accepted, total) == ([], 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", FORBIDDEN)
async def test_no_spelling_is_dialled(
    strict: Subscribers, names: NameServer, tripwire: list[Any], host: str, scheme: str
) -> None:
    """Not even a stored one, or one checked before its name had this address."""
    names.zone = dict(NAMES)
    outcome = await post(strict, f"{scheme}://{host}:8443/hook")
    assert tripwire == []
    assert not outcome.delivered
    assert outcome.address is None
    assert outcome.reason in {"blocked_address", "dns_no_such_name"}


@pytest.mark.parametrize("host", ["127.0.0.1", "93.184.215.14", "public.test"])
async def test_an_allowed_address_is_dialled(
    subscribers: Subscribers, names: NameServer, tripwire: list[Any], host: str
) -> None:
    """This shows that the tests above can fail."""
    names.zone["public.test"] = ["93.184.215.14"]
    await post(subscribers, f"http://{host}:8443/hook")
    assert len(tripwire) == 1


async def test_a_listener_accepts_no_connection_by_any_spelling(
    strict: Subscribers, names: NameServer
) -> None:
    """The same with a real socket: a server of this machine accepts no connection."""
    names.zone = dict(NAMES)
    async with listening(answering(NO_CONTENT)) as receiver:
        for host in [*LOOPBACK, *NAMES]:
            outcome = await post(strict, f"http://{host}:{receiver.port}/hook")
            assert not outcome.delivered, host
        assert receiver.accepted == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "loopback.test", "[::ffff:127.0.0.1]"])
async def test_an_allowed_network_is_reached(
    subscribers: Subscribers, names: NameServer, host: str
) -> None:
    """By its address, by a name, by the mapped spelling."""
    names.zone = dict(NAMES)
    async with listening(answering(NO_CONTENT)) as receiver:
        outcome = await post(subscribers, f"http://{host}:{receiver.port}/hook")
    assert (outcome.reason, receiver.accepted) == ("ok", 1)


async def test_a_rebound_name_is_refused(subscribers: Subscribers, names: NameServer) -> None:
    """Public when saved and private when sent: the dialled address is checked."""
    names.zone["rebinding.test"] = ["93.184.215.14"]
    assert await subscribers.resolver.addresses("rebinding.test") == ["93.184.215.14"]
    names.zone["rebinding.test"] = ["10.0.0.1"]
    outcome = await post(subscribers, "https://rebinding.test/hook")
    assert (outcome.reason, outcome.address) == ("blocked_address", None)


async def test_a_blocked_attempt_logs_no_address(strict: Subscribers, names: NameServer) -> None:
    """The log does not show how a name resolves inside our network."""
    names.zone["private.test"] = ["10.11.12.13"]
    outcome = await post(strict, "https://private.test/hook")
    assert outcome.reason == "blocked_address"
    assert "10.11.12.13" not in repr(outcome)
