"""Connections: kept, replaced when stale, bounded; and the requests on them."""

import asyncio
import socket
import struct
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import pytest
import trustme
import uvloop
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
    pouring,
    serving,
)
from services.webhooks.tests.clients.posting import OWNER, post

from linktime_common.egress import connector
from linktime_common.egress.connector import CountedSocket
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_local.testing.waiting import eventually
from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.subscriber import Subscribers


async def test_a_connection_is_reused(subscribers: Subscribers) -> None:
    """One handshake for many deliveries; a reused connection has no time of connecting."""
    async with listening(answering(NO_CONTENT)) as receiver:
        first = await post(subscribers, receiver.url)
        second = await post(subscribers, receiver.url)
    assert (receiver.accepted, len(receiver.requests)) == (1, 2)
    assert (first.dns_ms is None, first.connect_ms is None) == (False, False)
    assert (second.dns_ms, second.connect_ms, second.tls_ms) == (None, None, None)
    assert second.first_byte_ms is not None
    assert first.address == second.address == "127.0.0.1"


async def test_each_owner_has_own_connections(subscribers: Subscribers) -> None:
    """A late answer to one owner's request is never taken for the answer to another's."""
    async with listening(answering(NO_CONTENT)) as receiver:
        for owner_id in (OWNER, uuid4(), OWNER):
            assert (await post(subscribers, receiver.url, owner_id=owner_id)).delivered
    assert (receiver.accepted, len(receiver.requests)) == (2, 3)


def closing_after(
    answers: int, *, then: bytes = b"", reset: bool = False
) -> Callable[[Receiver], Talk]:
    """A receiver that closes a connection on the request after `answers` responses."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(answers):
                await receiver.read(reader)
                writer.write(NO_CONTENT)
            await receiver.read(reader)
            writer.write(then)
            if reset:
                held: socket.socket = writer.get_extra_info("socket")
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        return handle

    return talk


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_stale_connection_costs_no_attempt(subscribers: Subscribers, reset: bool) -> None:
    """If a kept connection was closed, the request is sent again at once on a new one."""
    async with listening(closing_after(1, reset=reset)) as receiver:
        assert (await post(subscribers, receiver.url)).delivered
        outcome = await post(subscribers, receiver.url)
    assert outcome.delivered
    assert outcome.connect_ms is not None
    assert (receiver.accepted, len(receiver.requests), outcome.requests) == (2, 3, 2)
    assert b"connection: close" in receiver.requests[2].lower()


@pytest.mark.parametrize(
    "begun",
    [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000, b"HTTP/1.1 102 X\r\n\r\n" * 21],
    ids=["long-head", "interim"],
)
async def test_an_answer_over_a_limit_is_not_asked_for_again(
    subscribers: Subscribers, begun: bytes
) -> None:
    """It is the answer to this request, on a reused connection too."""
    async with listening(closing_after(1, then=begun)) as receiver:
        assert (await post(subscribers, receiver.url)).delivered
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, outcome.requests) == ("unreadable_answer", 1)
    assert len(receiver.requests) == 2


async def test_several_stale_connections_cost_no_attempt(subscribers: Subscribers) -> None:
    """The second try does not use a kept connection, which may be stale too."""
    async with listening(closing_after(1)) as receiver:
        many = [post(subscribers, receiver.url) for _ in range(5)]
        assert all(one.delivered for one in await asyncio.gather(*many))
        assert receiver.accepted == 5
        assert (await post(subscribers, receiver.url)).delivered
        assert receiver.accepted == 6


def answering_early(receiver: Receiver) -> Talk:
    """A receiver that responds after the head of a request and reads nothing more."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(NO_CONTENT)
        await asyncio.Event().wait()

    return handle


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_answer_before_the_end_of_the_request(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """It counts; the connection is not reused, since the rest of the body is still unsent."""

    async def deliver() -> None:
        async with (
            Resolver([ip_network("127.0.0.0/8")]) as resolver,
            Subscribers(WayOut(resolver), allow_http=True) as subscribers,
            listening(answering_early) as receiver,
        ):
            for accepted in (1, 2):
                outcome = await post(subscribers, receiver.url, body=b"x" * 16 * 1024 * 1024)
                assert (outcome.reason, receiver.accepted) == ("ok", accepted)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(deliver())


async def test_a_new_connection_that_ends_is_a_failure(subscribers: Subscribers) -> None:
    """The request is sent once: the receiver may have processed it."""
    async with listening(closing_after(0)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, len(receiver.requests)) == ("disconnected", 1)


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (b"H", "disconnected"),
        (b"HTTP/1.1 2", "disconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "ok"),
    ],
)
async def test_a_request_with_a_partial_response_is_not_repeated(
    subscribers: Subscribers, then: bytes, reason: str
) -> None:
    """The receiver had the request."""
    async with listening(closing_after(1, then=then)) as receiver:
        assert (await post(subscribers, receiver.url)).delivered
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, len(receiver.requests)) == (reason, 2)


async def test_the_second_try_has_the_remaining_time(
    subscribers: Subscribers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both tries share one time limit."""
    monkeypatch.setattr(subscriber, "TOTAL_SECONDS", 1.0)

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await receiver.read(reader)
            if receiver.accepted == 1:
                writer.write(NO_CONTENT)
                await receiver.read(reader)
                await asyncio.sleep(0.6)
            else:
                await asyncio.sleep(60)

        return handle

    async with listening(talk) as receiver:
        assert (await post(subscribers, receiver.url)).delivered
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, receiver.accepted) == ("timeout", 2)
    assert 1000 <= outcome.total_ms < 1500


async def test_kept_connections_are_bounded(
    subscribers: Subscribers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections above the limit are closed after their delivery; every delivery succeeds."""
    before = CountedSocket.open_now
    monkeypatch.setattr(connector, "MOST_KEPT", before + 10)
    async with (
        Resolver([ip_network("127.0.0.0/8")]) as resolver,
        Subscribers(WayOut(resolver), allow_http=True) as bounded,
        listening(answering(NO_CONTENT)) as receiver,
    ):
        many = [post(bounded, receiver.url) for _ in range(50)]
        assert all(one.delivered for one in await asyncio.gather(*many))
        await eventually(lambda: CountedSocket.open_now <= before + 10)
        assert receiver.accepted == 50
    await eventually(lambda: CountedSocket.open_now == before)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_closed_connections_are_not_counted(
    new_loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    """On either loop, plain and with TLS; otherwise none would be kept after a while."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = serving(authority.issue_cert("127.0.0.1"))
    closing = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"

    async def deliver() -> None:
        before = CountedSocket.open_now
        async with (
            Resolver([ip_network("127.0.0.0/8")]) as resolver,
            Subscribers(
                WayOut(resolver, ca_file=tmp_path / "ca.pem"), allow_http=True
            ) as subscribers,
            listening(answering(closing)) as plain,
            listening(answering(closing), tls=tls) as secure,
        ):
            for url in (plain.url, f"https://127.0.0.1:{secure.port}/"):
                outcome = await post(subscribers, url)
                assert outcome.delivered
                assert (outcome.tls_ms is None) == url.startswith("http:")
            await eventually(lambda: CountedSocket.open_now == before)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(deliver())


async def test_two_hundred_slow_receivers_delay_no_other(subscribers: Subscribers) -> None:
    """The pool has no limit on connections in use."""
    async with (
        listening(pouring(b"", b"", every=60)) as slow,
        listening(answering(NO_CONTENT)) as quick,
    ):
        waiting = [asyncio.create_task(post(subscribers, slow.url)) for _ in range(200)]
        await eventually(lambda: slow.accepted == 200)
        outcome = await post(subscribers, quick.url)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert outcome.delivered
    assert outcome.total_ms < 2000


async def test_no_cookie_is_kept(subscribers: Subscribers, names: NameServer) -> None:
    """One owner's receiver could track another's at the same host."""
    names.zone["shared.test"] = ["127.0.0.1"]
    answer = b"HTTP/1.1 204 No Content\r\nSet-Cookie: tenant=a; Path=/\r\n\r\n"
    async with listening(answering(answer)) as receiver:
        for path in ("one", "other"):
            await post(subscribers, f"http://shared.test:{receiver.port}/{path}")
    assert b"cookie" not in receiver.requests[1].lower()


async def test_the_environments_proxy_is_not_used(
    names: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would resolve names without the guard."""
    async with listening(answering(NO_CONTENT)) as proxy, listening(answering(NO_CONTENT)) as there:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with (
            Resolver([ip_network("127.0.0.0/8")]) as resolver,
            Subscribers(WayOut(resolver), allow_http=True) as subscribers,
        ):
            assert (await post(subscribers, there.url)).delivered
        assert (proxy.accepted, there.accepted) == (0, 1)


async def test_custom_headers_are_sent_and_masked(subscribers: Subscribers) -> None:
    """The receiver gets the value, the log does not; headers of LinkTime are not replaced."""
    headers = {"Authorization": "Bearer hunter2", "X-Team": "blue"}
    async with listening(answering(NO_CONTENT)) as receiver:
        outcome = await post(subscribers, receiver.url, **headers)
    assert b"\r\nAuthorization: Bearer hunter2\r\n" in receiver.requests[0]
    assert "hunter2" not in repr(outcome)
    assert outcome.request_headers["Authorization"] == outcome.request_headers["X-Team"] == "•••"
    assert outcome.request_headers["webhook-signature"].startswith("v1,")
    assert b"\r\nContent-Type: application/json\r\n" in receiver.requests[0]


@pytest.mark.parametrize("value", ["a\r\nX-Made: up", "a\nX-Made: up", "a\r"])
async def test_no_header_value_injects_another_header(subscribers: Subscribers, value: str) -> None:
    """A value that was not checked when saved is not sent."""
    async with listening(answering(NO_CONTENT)) as receiver:
        outcome = await post(subscribers, receiver.url, **{"X-Team": value})
    assert (outcome.delivered, receiver.requests) == (False, [])


@pytest.mark.parametrize(
    "path",
    ["/a%2Fb/%7Euser", "/a/../b", "//double", "/hook?q=%20+&a[]=1&empty=", "/%zz?x=%E4", "/;v=1"],
)
async def test_the_path_is_sent_unchanged(subscribers: Subscribers, path: str) -> None:
    """Nothing is encoded, decoded or normalised again."""
    async with listening(answering(NO_CONTENT)) as receiver:
        await post(subscribers, f"http://127.0.0.1:{receiver.port}{path}")
    assert receiver.requests[0].startswith(f"POST {path} HTTP/1.1\r\n".encode())


async def test_a_refused_connection(subscribers: Subscribers) -> None:
    """It has a separate reason, and the address that refused."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome = await post(subscribers, f"http://127.0.0.1:{free.getsockname()[1]}/")
    assert (outcome.reason, outcome.address) == ("connect", "127.0.0.1")


async def test_a_connection_that_is_never_answered_ends_in_five_seconds(
    subscribers: Subscribers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shortened here: a listener with a full queue neither accepts nor refuses."""
    monkeypatch.setattr(subscriber, "CONNECT_SECONDS", 0.3)
    with socket.socket() as full, socket.socket() as one, socket.socket() as other:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filling in (one, other):
            filling.setblocking(False)
            filling.connect_ex(full.getsockname())
        async with (
            Resolver([ip_network("127.0.0.0/8")]) as resolver,
            Subscribers(WayOut(resolver), allow_http=True) as hasty,
        ):
            outcome = await post(hasty, f"http://127.0.0.1:{full.getsockname()[1]}/")
    assert outcome.reason == "timeout"
    assert outcome.total_ms < 5000


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "http://[::1", "ftp://127.0.0.1/", "http://x:99999/"]
)
async def test_an_unchecked_url_is_a_failure(subscribers: Subscribers, url: str) -> None:
    """It raises nothing."""
    outcome = await post(subscribers, url)
    assert not outcome.delivered
