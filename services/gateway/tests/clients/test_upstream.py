"""Exact bytes on connections to services."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from linktime_common import logs
from linktime_common.errors import OutcomeUnknown, Unavailable
from linktime_common.failures import describe
from linktime_gateway.clients import connections
from linktime_gateway.clients.connections import UpstreamResponse
from linktime_gateway.clients.upstream import Upstream
from linktime_local.testing.waiting import eventually

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SECONDS = 5.0


class Service:
    """Responds with `answers` in order, then closes the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.opened = 0
        self.closed = 0
        self.url = ""
        self.keeps = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.writers.append(writer)
        try:
            while True:
                await self._take(reader)
                if not self.answers:
                    break
                writer.write(self.answers.pop(0))
                if not self.keeps:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.closed += 1
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        self.requests.append(head + await reader.readexactly(int(length or 0)))


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield service


@pytest.fixture
async def upstream(service: Service) -> AsyncIterator[Upstream]:
    async with Upstream({"contacts": service.url}) as upstream:
        yield upstream


async def ask(
    upstream: Upstream,
    method: str = "GET",
    path: str = "/a?b=c",
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = SECONDS,
) -> UpstreamResponse:
    deadline = asyncio.get_running_loop().time() + seconds
    return await upstream.send(
        "contacts", method, path, headers=headers or {}, body=body, deadline=deadline
    )


async def connected(service: Service) -> connections.Connection:
    """Return a connection that no pool holds."""
    loop = asyncio.get_running_loop()
    port = int(service.url.rpartition(":")[2])
    _, connection = await loop.create_connection(
        lambda: connections.Connection(loop), "127.0.0.1", port
    )
    return connection


async def test_a_request_is_written_unchanged(upstream: Upstream, service: Service) -> None:
    """Path and query, and the service's host, the trace, and a length where a body is allowed."""
    host = service.url.removeprefix("http://")
    trace = f"traceparent: {logs.begin_trace(None)}"
    service.answers = [PLAIN] * 3
    await ask(upstream, headers={"Accept": "é"})
    await ask(upstream, "POST", body=b"xyz")
    await ask(upstream, "DELETE")
    assert service.requests == [
        f"GET /a?b=c HTTP/1.1\r\nHost: {host}\r\nAccept: é\r\n{trace}\r\n\r\n".encode(),
        f"POST /a?b=c HTTP/1.1\r\nHost: {host}\r\n{trace}\r\nContent-Length: 3\r\n\r\nxyz".encode(),
        f"DELETE /a?b=c HTTP/1.1\r\nHost: {host}\r\n{trace}\r\nContent-Length: 0\r\n\r\n".encode(),
    ]


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nX-Other: b", "a\rb"])
async def test_a_header_value_cannot_contain_a_line_break(
    upstream: Upstream, service: Service, value: str
) -> None:
    """ValueError, and nothing is sent."""
    with pytest.raises(ValueError, match="line break"):
        await ask(upstream, headers={"Accept": value})
    assert service.opened == 0


@pytest.mark.parametrize(
    ("sent", "status", "body"),
    [
        (PLAIN, 200, b"{}"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, 200, b"{}"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + PLAIN, 200, b"{}"),
        (
            CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\nContent-Type: late\r\n\r\n",
            200,
            b"{}",
        ),
    ],
)
async def test_responses_are_read_completely_and_the_connection_is_reused(
    upstream: Upstream, service: Service, sent: bytes, status: int, body: bytes
) -> None:
    """With a length, chunked, without a body, after an interim response."""
    service.answers = [sent, PLAIN]
    answer = await ask(upstream)
    assert (answer.status, answer.body) == (status, body)
    assert not {"link", "content-type"} & answer.headers.keys()
    assert (await ask(upstream)).body == b"{}"
    assert service.opened == 1


async def test_headers_are_found_in_any_case(upstream: Upstream, service: Service) -> None:
    """Names are in lower case; of duplicates the first counts."""
    service.answers = [
        b"HTTP/1.1 200 OK\r\nCONTENT-type: a\r\nContent-Type: b\r\nContent-Length: 0\r\n\r\n"
    ]
    assert (await ask(upstream)).headers["content-type"] == "a"


async def test_a_body_may_end_with_the_connection(upstream: Upstream, service: Service) -> None:
    """As in HTTP/1.0; the next request has a new connection."""
    service.keeps = False
    service.answers = [b"HTTP/1.1 200 OK\r\n\r\n{}", PLAIN]
    assert (await ask(upstream)).body == b"{}"
    assert (await ask(upstream)).body == b"{}"
    assert service.opened == 2


async def test_a_connection_with_connection_close_is_not_reused(
    upstream: Upstream, service: Service
) -> None:
    """Before the close arrives."""
    service.answers = [PLAIN.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), PLAIN]
    for _ in range(2):
        assert (await ask(upstream, "POST")).status == 200
    assert service.opened == 2


async def test_a_late_response_is_dropped(upstream: Upstream, service: Service) -> None:
    """The next request gets its own response, on a new connection."""
    service.answers = [b""]
    with pytest.raises(Unavailable):
        await ask(upstream, seconds=0.2)
    service.answers = [b""]
    impatient = asyncio.create_task(ask(upstream))
    await eventually(lambda: len(service.requests) == 2)
    impatient.cancel()
    await asyncio.wait([impatient])
    assert impatient.cancelled()
    await eventually(lambda: service.closed == 2)
    service.answers = [PLAIN]
    assert (await ask(upstream)).body == b"{}"
    assert service.opened == 3


async def test_an_earlier_deadline_holds_on_a_reused_connection(
    upstream: Upstream, service: Service
) -> None:
    """The timer of the request before would end later."""
    service.answers = [PLAIN, b""]
    await ask(upstream, seconds=10 * SECONDS)
    with pytest.raises(Unavailable):
        async with asyncio.timeout(SECONDS):
            await ask(upstream, seconds=0.1)
    assert service.opened == 1


async def test_an_earlier_deadline_does_not_end_a_later_request(service: Service) -> None:
    """The timer of the request before ends while the next one waits."""
    service.answers = [b"", b""]
    loop = asyncio.get_running_loop()
    connection = await connected(service)
    deadline = loop.time() + 0.5
    for until in (deadline, deadline + SECONDS):
        asking = asyncio.create_task(connection.exchange(b"GET / HTTP/1.1\r\n\r\n", until))
        await asyncio.sleep(0)
        if until > deadline:
            await eventually(lambda: loop.time() > deadline + 0.1)
        connection.data_received(PLAIN)
        assert (await asking).status == 200
    connection.close()


async def test_cancelling_when_the_response_arrives_closes_the_connection(
    service: Service,
) -> None:
    """Nothing would return it to the pool."""
    service.answers = [b""]
    loop = asyncio.get_running_loop()
    connection = await connected(service)
    request = b"GET / HTTP/1.1\r\n\r\n"
    asking = asyncio.create_task(connection.exchange(request, loop.time() + SECONDS))
    await eventually(lambda: service.requests == [request])
    connection.data_received(PLAIN)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()
    await eventually(lambda: service.closed == 1)


async def test_a_read_is_repeated_when_the_connection_was_closed(
    service: Service,
) -> None:
    """As by a proxy that has lost its service; without waiting for the deadline."""
    accepted = 0

    async def turn_away(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        writer.close()

    server = await asyncio.start_server(turn_away, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Upstream({"contacts": url}) as upstream:
        for method, connections_made in (("GET", 2), ("POST", 3)):
            with pytest.raises(OutcomeUnknown):
                await ask(upstream, method)
            assert accepted == connections_made


STALE = [
    PLAIN.replace(b"{}", b"[]"),
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 2",
    b"x",
]


@pytest.mark.parametrize("stale", STALE)
async def test_an_unrequested_response_is_dropped(
    upstream: Upstream, service: Service, stale: bytes
) -> None:
    """A second response to one request must not become the next request's."""
    service.answers = [PLAIN + stale, PLAIN]
    assert (await ask(upstream)).body == b"{}"
    assert (await ask(upstream)).body == b"{}"
    assert service.opened == 2


@pytest.mark.parametrize("stale", [*STALE, b"\r\n"])
async def test_a_connection_with_unrequested_bytes_is_not_reused(
    upstream: Upstream, service: Service, stale: bytes
) -> None:
    """It is closed immediately."""
    service.answers = [PLAIN, PLAIN]
    assert (await ask(upstream)).body == b"{}"
    service.writers[0].write(stale)
    await eventually(lambda: service.closed == 1)
    assert (await ask(upstream, "POST")).body == b"{}"
    assert service.opened == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("stale", [*STALE, None])
async def test_unread_bytes_of_an_idle_connection_are_detected(
    upstream: Upstream, service: Service, method: str, stale: bytes | None
) -> None:
    """Bytes or the end of the connection that arrived just before the request."""
    service.answers = [PLAIN, PLAIN]
    assert (await ask(upstream)).body == b"{}"
    if stale is None:
        service.writers[0].get_extra_info("socket").shutdown(socket.SHUT_WR)
    else:
        service.writers[0].write(stale)
    assert (await ask(upstream, method)).body == b"{}"
    assert service.opened == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        CHUNKED + b"x\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * connections.MOST_HEAD_BYTES,
    ],
)
async def test_an_invalid_response_is_unavailable(
    upstream: Upstream, service: Service, sent: bytes
) -> None:
    """Not HTTP, two lengths, no length, endless: the connection is closed."""
    service.answers = [sent, PLAIN]
    with pytest.raises(Unavailable):
        await ask(upstream, "POST")
    await eventually(lambda: service.closed == 1)
    assert (await ask(upstream)).body == b"{}"


async def test_an_incomplete_response_is_unavailable(upstream: Upstream, service: Service) -> None:
    """Also for a repeatable request, which is not sent again."""
    service.keeps = False
    for cut in (20, len(PLAIN) - 1):
        service.answers = [PLAIN[:cut], PLAIN]
        with pytest.raises(Unavailable) as raised:
            await ask(upstream)
        assert "incomplete" in describe(raised.value)


async def test_a_write_whose_connection_ends_has_an_unknown_outcome(
    upstream: Upstream, service: Service
) -> None:
    """It is not sent again; a read is."""
    with pytest.raises(OutcomeUnknown):
        await ask(upstream, "POST")
    assert len(service.requests) == 1
    with pytest.raises(OutcomeUnknown):
        await ask(upstream)
    assert len(service.requests) == 3


async def test_an_old_connection_is_not_used(
    upstream: Upstream, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections idle for too long are closed."""
    monkeypatch.setattr(connections, "KEEP_SECONDS", -1.0)
    service.answers = [PLAIN] * 2
    await ask(upstream)
    await ask(upstream)
    assert service.opened == 2
    await eventually(lambda: service.closed == 1)


async def test_idle_connections_are_closed_on_shutdown(service: Service) -> None:
    """When the gateway stops."""
    service.answers = [PLAIN]
    async with Upstream({"contacts": service.url + "/folder/"}) as upstream:
        await ask(upstream)
        assert service.closed == 0
    assert service.requests[0].startswith(b"GET /folder/a?b=c ")
    await eventually(lambda: service.closed == 1)
