"""The broker link: ready, closed at any moment, without a broker."""

import asyncio
import socket
import time
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import pytest
from structlog.testing import capture_logs

from linktime_common.messaging import broker, supervised_connection
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import BROKER_LOST, lost_if_cancelled
from linktime_common.messaging.topology import Topology
from linktime_local.testing.waiting import eventually

from .notes import is_up, link_to


async def test_a_link_can_be_closed_at_any_moment_of_its_start(
    broker_url: str, topology: Topology
) -> None:
    """Cancellation takes effect in the client at every await."""
    for step in range(30):
        began = time.monotonic()
        async with link_to(broker_url, topology):
            await asyncio.sleep(step * 0.004)
        assert time.monotonic() - began < 4


async def test_a_link_without_broker_is_not_ready_and_does_not_keep_anyone_waiting(
    topology: Topology,
) -> None:
    """A service starts and serves without the broker."""
    async with link_to("amqp://nobody@127.0.0.1:9/", topology) as link:
        assert not await is_up(link)


async def test_a_link_is_ready_when_the_topology_is_declared(
    broker_url: str, topology: Topology
) -> None:
    """Ready means that events are routable."""
    async with link_to(broker_url, topology) as link:
        await link.wait_until_up()
        assert await eventually(lambda: is_up(link))


async def test_a_broker_that_accepts_and_closes_at_once_is_an_ordinary_outage(
    topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load balancer without a backend: the link retries, and logs the same reason once."""
    monkeypatch.setattr(supervised_connection, "LONGEST_PAUSE_SECONDS", 0.2)
    accepted = 0

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with capture_logs() as lines:
            async with link_to(f"amqp://nobody@127.0.0.1:{port}/", topology) as link:
                await eventually(lambda: accepted >= 4)
                assert await link.find_problem() == "RabbitMQ cannot be reached: connection closed"
    about_broker = [one for one in lines if "broker" in one["event"] or "task" in one]
    assert [one["log_level"] for one in about_broker] == ["warning"]


async def _has_problem(link: BrokerLink, reason: str) -> bool:
    return await link.find_problem() == reason


async def test_a_link_names_the_reason_why_it_is_not_ready(
    broker_url: str, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a closed port, a wrong password, a missing virtual host and a silent server."""
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 1.0)
    url = urlsplit(broker_url)
    server = url.netloc.rpartition("@")[2]
    silent = socket.create_server(("127.0.0.1", 0))
    reasons = {
        "amqp://nobody:secret@127.0.0.1:9/": "RabbitMQ cannot be reached: connection refused",
        f"amqp://nobody:secret@{server}/": "RabbitMQ refuses the user or the password",
        urlunsplit(url._replace(path="/none")): "RabbitMQ refuses the virtual host",
        f"amqp://nobody:secret@127.0.0.1:{silent.getsockname()[1]}/": (
            "RabbitMQ cannot be reached: no answer in time"
        ),
    }
    with silent:
        for address, reason in reasons.items():
            async with link_to(address, topology) as link:
                await eventually(partial(_has_problem, link, reason), within=30)


def test_a_connection_that_ends_before_its_first_frame_is_lost() -> None:
    """aiormq raises StopAsyncIteration on EOF before the first read."""
    with pytest.raises(BROKER_LOST), lost_if_cancelled():
        raise StopAsyncIteration
