"""The guarded client: complete answers within limits, and a failure of a known kind otherwise."""

import asyncio
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
    saying_once,
    serving,
    with_body,
)

from linktime_common.egress.client import Authorization, GuardedClient
from linktime_common.egress.errors import (
    AnswerUnreadable,
    ConnectionFailed,
    RequestFailed,
    TlsFailed,
)
from linktime_common.egress.redirects import READING, WRITING

UNSIZED = b"HTTP/1.1 200 OK\r\n\r\n"


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
