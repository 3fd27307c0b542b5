"""The guarded client: complete answers within limits, and a failure of a known kind otherwise."""

import asyncio
import gzip
import socket
import struct
import traceback
from collections.abc import Callable

import pytest
import trustme
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
    pouring,
    saying_once,
    serving,
    with_body,
)

from linktime_common.egress.client import Authorization, GuardedClient, RequestLimits
from linktime_common.egress.errors import (
    AnswerTooLarge,
    AnswerUnreadable,
    ConnectionFailed,
    RequestFailed,
    RequestTimedOut,
    TlsFailed,
)
from linktime_common.egress.redirects import READING, WRITING

MEGABYTE = 1024 * 1024
UNSIZED = b"HTTP/1.1 200 OK\r\n\r\n"
ZIPPED = b"Content-Encoding: gzip"
NONE_EVER = 60.0  # seconds: longer than the test waits


async def test_a_request_and_its_answer(client: GuardedClient) -> None:
    """Method, headers, credentials and body arrive; status, headers, body and URL are returned."""
    async with listening(
        answering(with_body(b"<ok/>", b'ETag: "1"', status=b"207 Multi"))
    ) as server:
        answer = await client.request(
            "PROPFIND",
            server.url,
            headers={"Depth": "1", "accept": "text/xml"},
            body=b"<propfind/>",
            auth=Authorization.basic("ann", "sécret"),
        )
    (asked,) = server.requests
    assert asked.startswith(b"PROPFIND /hook HTTP/1.1\r\n")
    assert asked.endswith(b"\r\n\r\n<propfind/>")
    assert b"\r\nDepth: 1\r\n" in asked
    assert asked.lower().count(b"\r\naccept:") == 1
    assert b"\r\nAuthorization: Basic YW5uOnPDqWNyZXQ=\r\n" in asked
    assert (answer.status, answer.headers["etag"], answer.body) == (207, '"1"', b"<ok/>")
    assert answer.url == server.url


@pytest.mark.parametrize("method", sorted(READING | WRITING))
async def test_every_method_is_sent(client: GuardedClient, method: str) -> None:
    """With a body; a 404 is an answer like any other."""
    async with listening(answering(with_body(b"", status=b"404 Not Found"))) as server:
        answer = await client.request(method, server.url, body=b"x")
    assert (answer.status, server.requests[0].split(b" ")[0]) == (404, method.encode())


async def test_other_methods_are_an_error_of_the_caller(client: GuardedClient) -> None:
    """Nothing is sent."""
    with pytest.raises(ValueError, match="The method must be one of DELETE, GET"):
        await client.request("POST", "http://127.0.0.1:8080/")


async def test_a_compressed_body_is_decompressed(client: GuardedClient) -> None:
    """In whatever pieces it arrives."""
    body = b"BEGIN:VCALENDAR\r\n" * 10_000
    async with listening(answering(with_body(gzip.compress(body), ZIPPED))) as server:
        assert (await client.request("GET", server.url)).body == body


@pytest.mark.parametrize(
    "answer",
    [
        with_body(gzip.compress(b"x" * 1000)[:-9], ZIPPED),
        with_body(gzip.compress(b"x") + b"more", ZIPPED),
        with_body(b"not gzip", ZIPPED),
        with_body(b"x", b"Content-Encoding: br"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
    ids=["cut", "trailing", "plain", "brotli", "ssh", "negative", "two_lengths", "long_head"],
)
async def test_an_answer_that_cannot_be_read(client: GuardedClient, answer: bytes) -> None:
    """It is no HTTP, or its body is not what its head says."""
    async with listening(saying_once(answer)) as server:
        with pytest.raises(AnswerUnreadable):
            await client.request("GET", server.url)


async def test_a_declared_length_above_the_limit_is_refused_at_once(client: GuardedClient) -> None:
    """Without waiting for the 50 MB, of which none arrive here."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MEGABYTE)
    async with listening(pouring(head, b"", every=NONE_EVER)) as server, asyncio.timeout(20):
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url)


async def test_a_body_without_a_length_is_read_up_to_the_limit(client: GuardedClient) -> None:
    """The server would send without an end."""
    async with listening(pouring(UNSIZED, b"x" * 65_536)) as server:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url, limits=RequestLimits(body_bytes=MEGABYTE))


async def test_the_limit_itself_is_allowed(client: GuardedClient) -> None:
    """One byte more is not, compressed or not."""
    exact, longer = b"x" * 1000, b"x" * 1001
    answers = [
        with_body(exact),
        with_body(gzip.compress(exact), ZIPPED),
        with_body(longer),
        with_body(gzip.compress(longer), ZIPPED),
    ]
    limits = RequestLimits(body_bytes=1000)
    async with listening(answering(*answers)) as server:
        for _ in range(2):
            assert (await client.request("GET", server.url, limits=limits)).body == exact
        for _ in range(2):
            with pytest.raises(AnswerTooLarge):
                await client.request("GET", server.url, limits=limits)


async def test_a_decompression_bomb_is_refused(client: GuardedClient) -> None:
    """50 MB in 50 kB."""
    bomb = gzip.compress(bytes(50 * MEGABYTE))
    assert len(bomb) < MEGABYTE
    async with listening(answering(with_body(bomb, ZIPPED))) as server:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url)


async def test_a_stream_that_decompresses_to_nothing_is_refused(client: GuardedClient) -> None:
    """Empty blocks without an end: what is compressed counts, too."""
    begin = b"HTTP/1.1 200 OK\r\n" + ZIPPED + b"\r\n\r\n" + gzip.compress(b"")[:10]
    async with listening(pouring(begin, b"\x00\x00\x00\xff\xff" * 10_000)) as server:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url, limits=RequestLimits(body_bytes=MEGABYTE))


async def test_a_body_that_drips_ends_at_the_total_timeout(client: GuardedClient) -> None:
    """Although no wait for a byte is long."""
    limits = RequestLimits(total_seconds=1.0, idle_seconds=NONE_EVER)
    async with listening(pouring(UNSIZED, b"x", every=0.05)) as server, asyncio.timeout(20):
        with pytest.raises(RequestTimedOut):
            await client.request("GET", server.url, limits=limits)


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n", UNSIZED])
async def test_silence_ends_at_the_idle_timeout(client: GuardedClient, begin: bytes) -> None:
    """Before, within and after the head."""
    limits = RequestLimits(total_seconds=NONE_EVER, idle_seconds=0.3)
    async with listening(pouring(begin, b"", every=NONE_EVER)) as server, asyncio.timeout(20):
        with pytest.raises(RequestTimedOut):
            await client.request("GET", server.url, limits=limits)


async def test_a_body_shorter_than_its_length_is_no_answer(client: GuardedClient) -> None:
    """Half a calendar must not look like a whole one."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    async with listening(saying_once(half)) as server:
        with pytest.raises(ConnectionFailed) as caught:
            await client.request("GET", server.url)
    assert caught.value.reason == "disconnected"


async def test_a_body_without_a_length_ends_with_the_connection(client: GuardedClient) -> None:
    """If the server closes it."""
    async with listening(saying_once(UNSIZED + b"all")) as server:
        assert (await client.request("GET", server.url)).body == b"all"


async def test_a_body_longer_than_its_length_is_cut(client: GuardedClient) -> None:
    """What follows is not taken as the next answer."""
    longer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nforged"
    async with listening(answering(longer, with_body(b"real"))) as server:
        assert (await client.request("GET", server.url)).body == b"ok"
        assert (await client.request("GET", server.url)).body == b"real"
    assert server.accepted == 2


def resetting(begin: bytes) -> Callable[[Receiver], Talk]:
    """Send `begin` and reset the connection."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await receiver.read(reader)
            writer.write(begin)
            await writer.drain()
            held: socket.socket = writer.get_extra_info("socket")
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        return handle

    return talk


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "PUT", "DELETE"])
@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 2", UNSIZED + b"half"])
async def test_a_reset(client: GuardedClient, method: str, begin: bytes) -> None:
    """Before, within and after the head; on a new connection nothing is sent again."""
    async with listening(resetting(begin)) as server:
        with pytest.raises(ConnectionFailed) as caught:
            await client.request(method, server.url, body=b"x")
    assert (caught.value.reason, len(server.requests)) == ("disconnected", 1)


def closing_after_each_answer(receiver: Receiver) -> Talk:
    """Announce a kept connection, and close it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receiver.read(reader)
        writer.write(NO_CONTENT)
        await writer.drain()
        with_request = await reader.read(1)  # the next request is on its way
        assert with_request

    return handle


@pytest.mark.parametrize("method", ["GET", "PROPFIND"])
async def test_a_stale_connection_is_replaced_for_reading(
    client: GuardedClient, method: str
) -> None:
    """Reading twice changes nothing."""
    async with listening(closing_after_each_answer) as server:
        for _ in range(2):
            assert (await client.request(method, server.url)).status == 204
    assert server.accepted == 2


async def test_writing_uses_a_new_connection(client: GuardedClient) -> None:
    """So that it is never repeated."""
    async with listening(answering(NO_CONTENT)) as server:
        await client.request("GET", server.url)
        await client.request("GET", server.url)
        assert server.accepted == 1
        await client.request("PUT", server.url, body=b"x")
        await client.request("DELETE", server.url)
        assert server.accepted == 3


async def test_cookies_are_not_kept(client: GuardedClient) -> None:
    """One user's would reach another's requests."""
    async with listening(answering(with_body(b"", b"Set-Cookie: a=b; Path=/"))) as server:
        await client.request("GET", server.url)
        await client.request("GET", server.url)
    assert b"cookie" not in server.requests[1].lower()


async def test_a_certificate_of_another_name(
    client: GuardedClient, names: NameServer, authority: trustme.CA
) -> None:
    """The reason names the cause, and no request is sent."""
    names.zone["calendar.test"] = ["127.0.0.1"]
    async with listening(
        answering(NO_CONTENT), tls=serving(authority.issue_cert("x.test"))
    ) as server:
        with pytest.raises(TlsFailed) as caught:
            await client.request("GET", f"https://calendar.test:{server.port}/")
    assert (caught.value.reason, server.requests) == ("tls_wrong_name", [])


async def test_a_certificate_of_an_unknown_authority(client: GuardedClient) -> None:
    """As for any https client."""
    tls = serving(trustme.CA().issue_cert("127.0.0.1"))
    async with listening(answering(NO_CONTENT), tls=tls) as server:
        with pytest.raises(TlsFailed) as caught:
            await client.request("GET", f"https://127.0.0.1:{server.port}/")
    assert caught.value.reason == "tls_unknown_authority"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1024/?token=hunter2", ConnectionFailed),
        ("http://nowhere.test:8080/?token=hunter2", ConnectionFailed),
        ("http://10.0.0.1:8080/?token=hunter2", RequestFailed),
        ("http://hunter2@127.0.0.1:8080/", RequestFailed),
        ("http://ann:hunter2@127.0.0.1:8080/", RequestFailed),
        ("http://127.0.0.1:hunter2/", RequestFailed),
        ("http://[hunter2]/", RequestFailed),
        ("ftp://127.0.0.1/?token=hunter2", RequestFailed),
        ("http://127.0.0.1:{port}/?token=hunter2", AnswerUnreadable),
    ],
)
async def test_a_failure_shows_no_secret(
    client: GuardedClient, url: str, kind: type[RequestFailed]
) -> None:
    """Neither of the URL nor of the credentials, also not in the stack."""
    async with listening(saying_once(b"hunter2 is not HTTP\r\n\r\n")) as server:
        with pytest.raises(kind) as caught:
            await client.request(
                "GET",
                url.replace("{port}", str(server.port)),
                auth=Authorization.basic("ann", "hunter2"),
            )
    shown = "".join(traceback.format_exception(caught.value))
    encoded = Authorization.basic("ann", "hunter2").value.removeprefix("Basic ")
    for text in (str(caught.value), repr(caught.value), shown):
        assert "hunter2" not in text
        assert encoded not in text


async def test_credentials_and_answers_are_not_shown() -> None:
    """In the representation that a log or an assertion prints."""
    assert "hunter2" not in repr(Authorization("Bearer hunter2"))
    with pytest.raises(ValueError, match="must not contain a colon"):
        Authorization.basic("a:b", "c")
