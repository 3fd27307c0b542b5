"""Bytes received before the request are never read as its response."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop
from libs.common.tests.egress.receivers import (
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
from linktime_common.http.kept_connections import Arrivals
from linktime_local.testing.waiting import eventually
from linktime_webhooks.clients.subscriber import Subscribers

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TIRED = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
STALE = [OK, TIRED, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 2", b"x", b"\r\n"]


class Kept:
    """A receiver that sends OK on its first connection, BUSY on others, and keeps them open."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.ended = 0

    def talk(self, receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.writers.append(writer)
            answer = OK if len(self.writers) == 1 else BUSY
            try:
                while True:
                    await receiver.read(reader)
                    writer.write(answer)
            finally:
                self.ended += 1

        return handle


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("stale", STALE)
def test_bytes_on_an_idle_connection_are_no_response(
    new_loop: Callable[[], asyncio.AbstractEventLoop], secure: bool, stale: bytes, tmp_path: Path
) -> None:
    """The connection is closed at once; the next delivery to the host uses another."""
    tls: ssl.SSLContext | None = None
    if secure:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        tls = serving(authority.issue_cert("127.0.0.1"))

    async def deliver() -> None:
        kept = Kept()
        async with (
            Resolver(LOOPBACK) as resolver,
            Subscribers(
                WayOut(resolver, ca_file=tmp_path / "ca.pem" if secure else None), allow_http=True
            ) as subscribers,
            listening(kept.talk, tls=tls) as receiver,
        ):
            host = f"{'https' if secure else 'http'}://127.0.0.1:{receiver.port}"
            assert (await post(subscribers, f"{host}/one")).status == 200
            kept.writers[0].write(stale)
            await eventually(lambda: kept.ended == 1)
            assert (await post(subscribers, f"{host}/other")).reason == "http_503"
            assert (receiver.accepted, len(receiver.requests)) == (2, 2)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(deliver())


@pytest.mark.parametrize("stale", STALE)
async def test_bytes_not_yet_read_by_the_loop_are_no_response(
    subscribers: Subscribers, stale: bytes
) -> None:
    """They were received between the last iteration of the loop and the request."""
    kept = Kept()
    async with listening(kept.talk) as receiver:
        assert (await post(subscribers, receiver.url)).status == 200
        kept.writers[0].write(stale)
        assert (await post(subscribers, receiver.url)).reason == "http_503"
    assert (receiver.accepted, len(receiver.requests)) == (2, 2)


@pytest.mark.parametrize(
    ("answers", "reason", "requests"),
    [
        ((OK, TIRED, OK), "ok", 3),
        ((OK, TIRED, TIRED), "http_408", 3),
        ((OK, TIRED, BUSY), "http_503", 3),
        ((OK, b"00 OK\r\n\r\n", OK), "ok", 3),
    ],
)
async def test_a_408_before_the_request_costs_no_attempt(
    subscribers: Subscribers, answers: tuple[bytes, ...], reason: str, requests: int
) -> None:
    """The request is sent again on a new connection, whose response counts."""
    async with listening(answering(*answers)) as receiver:
        assert (await post(subscribers, receiver.url)).delivered
        outcome = await post(subscribers, receiver.url)
        assert receiver.accepted == 2
    assert (outcome.reason, len(receiver.requests)) == (reason, requests)


async def test_a_408_on_a_new_connection_is_its_answer(subscribers: Subscribers) -> None:
    """Nothing was received on it before."""
    async with listening(answering(TIRED)) as receiver:
        outcome = await post(subscribers, receiver.url)
    assert (outcome.reason, len(receiver.requests)) == ("http_408", 1)


@pytest.mark.parametrize("size", [256 * 1024, 16 * 1024 * 1024], ids=["in-the-system", "here"])
async def test_a_response_sent_before_the_request_does_not_count(
    subscribers: Subscribers, size: int
) -> None:
    """The receiver's system has not acknowledged all of the request."""
    kept = Kept()
    async with listening(kept.talk) as receiver:
        assert (await post(subscribers, receiver.url)).status == 200
        first: Any = kept.writers[0].transport
        first.pause_reading()
        posting = asyncio.create_task(post(subscribers, receiver.url, body=b"x" * size))
        await eventually(Arrivals(first).are_waiting)
        kept.writers[0].write(OK)
        outcome = await posting
    assert (outcome.reason, receiver.accepted) == ("http_503", 2)
