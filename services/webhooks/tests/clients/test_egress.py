"""Deliveries through a forward proxy: it gets checked addresses, and its faults are not charged."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.proxies import tunnelling
from libs.common.tests.egress.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
    serving,
)
from services.webhooks.tests.clients.posting import post
from services.webhooks.tests.subscribers import LOOPBACK

from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_local.testing.waiting import eventually
from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.subscriber import Subscribers

Open = Callable[..., contextlib.AbstractAsyncContextManager[Subscribers]]


@pytest.fixture
def through(names: NameServer, tmp_path: Path) -> tuple[Open, trustme.CA]:
    """Return clients that use the proxy at a port and trust the authority."""
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    names.zone["hooks.test"] = ["127.0.0.1"]
    names.zone["other.test"] = ["127.0.0.1"]

    @contextlib.asynccontextmanager
    async def open_through(
        port: int, *, login: str = "", allowed: Any = LOOPBACK
    ) -> AsyncIterator[Subscribers]:
        proxy = f"http://{login}127.0.0.1:{port}"
        async with (
            Resolver(allowed, server=names.address) as resolver,
            Subscribers(
                WayOut(resolver, proxy=proxy, ca_file=file), allow_http=True
            ) as subscribers,
        ):
            yield subscribers

    return open_through, authority


def refusing(answer: bytes) -> Callable[[Receiver], Talk]:
    """A proxy that gives every CONNECT this response."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            receiver.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()

        return handle

    return talk


async def test_connect_names_the_checked_address(
    through: tuple[Open, trustme.CA],
) -> None:
    """Not the name, which the proxy would resolve; TLS still verifies the name, end to end."""
    open_through, authority = through
    tls = serving(authority.issue_cert("hooks.test"))
    async with (
        listening(answering(NO_CONTENT), tls=tls) as receiver,
        listening(tunnelling) as proxy,
        open_through(proxy.port, login="us:pass@") as subscribers,
    ):
        outcome = await post(subscribers, f"https://hooks.test:{receiver.port}/hook")
        again = await post(subscribers, f"https://hooks.test:{receiver.port}/hook")
    asked = f"CONNECT 127.0.0.1:{receiver.port} HTTP/1.1\r\n"
    assert proxy.requests[0].startswith(asked.encode())
    assert f"\r\nHost: 127.0.0.1:{receiver.port}\r\n".encode() in proxy.requests[0]
    assert b"\r\nProxy-Authorization: Basic dXM6cGFzcw==\r\n" in proxy.requests[0]
    assert b"hooks.test" not in proxy.requests[0]
    assert f"\r\nHost: hooks.test:{receiver.port}\r\n".encode() in receiver.requests[0]
    assert b"proxy-" not in receiver.requests[0].lower()
    assert (outcome.reason, outcome.address) == ("ok", "127.0.0.1")
    assert outcome.tls_ms is not None
    assert (again.reason, again.tls_ms, proxy.accepted) == ("ok", None, 1)


async def test_two_names_at_one_address_share_no_connection(
    through: tuple[Open, trustme.CA],
) -> None:
    """Each has a separate certificate."""
    open_through, authority = through
    tls = serving(authority.issue_cert("hooks.test"))
    async with (
        listening(answering(NO_CONTENT), tls=tls) as receiver,
        listening(tunnelling) as proxy,
        open_through(proxy.port) as subscribers,
    ):
        assert (await post(subscribers, f"https://hooks.test:{receiver.port}/")).delivered
        outcome = await post(subscribers, f"https://other.test:{receiver.port}/")
    assert (outcome.reason, outcome.charged, proxy.accepted) == ("tls_wrong_name", True, 2)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "hooks.test", "[::1]", "2130706433", "0x7f.1", "169.254.169.254"]
)
async def test_the_guard_precedes_the_proxy(through: tuple[Open, trustme.CA], host: str) -> None:
    """No CONNECT is sent for a forbidden address, though the proxy could reach it."""
    open_through, _authority = through
    async with (
        listening(tunnelling) as proxy,
        open_through(proxy.port, allowed=[]) as subscribers,
    ):
        outcome = await post(subscribers, f"https://{host}:8443/hook")
        assert proxy.accepted == 0
    assert (outcome.reason, outcome.address) == ("blocked_address", None)
    assert outcome.charged


async def test_an_unresolvable_name_is_charged_to_the_endpoint(
    through: tuple[Open, trustme.CA],
) -> None:
    """The proxy is not asked to resolve it."""
    open_through, _authority = through
    async with listening(tunnelling) as proxy, open_through(proxy.port) as subscribers:
        outcome = await post(subscribers, "https://nowhere.test/hook")
        assert proxy.accepted == 0
    assert (outcome.reason, outcome.charged) == ("dns_no_such_name", True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        b"",
        b"what?\r\n\r\n",
    ],
    ids=["login", "forbidden", "broken", "overloaded", "gone", "noise"],
)
async def test_a_fault_of_the_proxy_is_not_charged(
    through: tuple[Open, trustme.CA], answer: bytes
) -> None:
    """It has a separate reason."""
    open_through, _authority = through
    async with (
        listening(refusing(answer)) as proxy,
        open_through(proxy.port) as subscribers,
    ):
        outcome = await post(subscribers, "https://hooks.test:8443/hook")
    assert (outcome.reason, outcome.charged, outcome.delivered) == ("proxy", False, False)


@pytest.mark.parametrize(("status", "reason"), [(502, "connect"), (504, "timeout")])
async def test_a_fault_behind_the_proxy_is_charged(
    through: tuple[Open, trustme.CA], status: int, reason: str
) -> None:
    """502 and 504 are faults behind the proxy."""
    open_through, _authority = through
    answer = b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status
    async with (
        listening(refusing(answer)) as proxy,
        open_through(proxy.port) as subscribers,
    ):
        outcome = await post(subscribers, "https://hooks.test:8443/hook")
    assert (outcome.reason, outcome.charged) == (reason, True)


async def test_an_unreachable_proxy_stops_everything(through: tuple[Open, trustme.CA]) -> None:
    """Nothing bypasses it."""
    open_through, authority = through
    tls = serving(authority.issue_cert("hooks.test"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        async with (
            listening(answering(NO_CONTENT), tls=tls) as receiver,
            open_through(free.getsockname()[1]) as subscribers,
        ):
            outcome = await post(subscribers, f"https://hooks.test:{receiver.port}/hook")
            assert receiver.accepted == 0
    assert (outcome.reason, outcome.charged) == ("proxy", False)


async def test_a_receiver_that_never_answers_behind_the_proxy(
    through: tuple[Open, trustme.CA], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy opened the tunnel, so the timeout is charged to the endpoint."""
    monkeypatch.setattr(subscriber, "TOTAL_SECONDS", 0.5)
    open_through, authority = through

    def silent(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        return handle

    tls = serving(authority.issue_cert("hooks.test"))
    async with (
        listening(silent, tls=tls) as receiver,
        listening(tunnelling) as proxy,
        open_through(proxy.port) as subscribers,
    ):
        outcome = await post(subscribers, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, outcome.charged) == ("timeout", True)


def silent_about(port: int) -> Callable[[Receiver], Talk]:
    """A proxy that responds to every CONNECT except those for `port`."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            receiver.requests.append(head)
            if f":{port} ".encode() in head:
                await asyncio.sleep(60)
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

        return handle

    return talk


async def test_a_proxy_that_never_answers_connect_is_not_charged(
    through: tuple[Open, trustme.CA], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it responds to other CONNECTs meanwhile: then it waits for this endpoint."""
    monkeypatch.setattr(subscriber, "TOTAL_SECONDS", 0.5)
    open_through, _authority = through
    async with (
        listening(silent_about(8443)) as proxy,
        open_through(proxy.port) as subscribers,
    ):
        alone = await post(subscribers, "https://hooks.test:8443/hook")
        monkeypatch.setattr(subscriber, "TOTAL_SECONDS", 4.0)
        slow = asyncio.create_task(post(subscribers, "https://hooks.test:8443/hook"))
        await eventually(lambda: len(proxy.requests) == 2)
        other = await post(subscribers, "https://hooks.test:9443/hook")
        beside = await slow
    assert (alone.reason, alone.charged) == ("proxy", False)
    assert other.reason == "connect"
    assert (beside.reason, beside.charged) == ("timeout", True)


async def test_plain_http_names_the_checked_address_too(through: tuple[Open, trustme.CA]) -> None:
    """In the absolute form of requests to proxies."""
    open_through, _authority = through
    async with (
        listening(answering(NO_CONTENT)) as proxy,
        open_through(proxy.port) as subscribers,
    ):
        outcome = await post(subscribers, "http://hooks.test:8080/a%2Fb?c=%20")
    assert outcome.delivered
    line = b"POST http://127.0.0.1:8080/a%2Fb?c=%20 HTTP/1.1\r\n"
    assert proxy.requests[0].startswith(line)
