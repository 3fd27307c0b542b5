"""Only public addresses are dialled, in whatever spelling and by whatever name."""

from typing import Any
from uuid import uuid4

import pytest
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import NO_CONTENT, answering, listening
from libs.common.tests.egress.spellings import FORBIDDEN, LOOPBACK, NAMES
from services.webhooks.tests.api.calls import as_user
from services.webhooks.tests.clients.posting import post
from services.webhooks.tests.subscribers import SEALING_KEY

from linktime_common.egress import connector
from linktime_common.process import ProcessRole
from linktime_local.testing.services import running
from linktime_webhooks.app import SERVICE
from linktime_webhooks.clients.subscriber import Subscribers


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
    assert await subscribers.way_out.resolver.addresses("rebinding.test") == ["93.184.215.14"]
    names.zone["rebinding.test"] = ["10.0.0.1"]
    outcome = await post(subscribers, "https://rebinding.test/hook")
    assert (outcome.reason, outcome.address) == ("blocked_address", None)


async def test_a_blocked_attempt_logs_no_address(strict: Subscribers, names: NameServer) -> None:
    """The log does not show how a name resolves inside our network."""
    names.zone["private.test"] = ["10.11.12.13"]
    outcome = await post(strict, "https://private.test/hook")
    assert outcome.reason == "blocked_address"
    assert "10.11.12.13" not in repr(outcome)
