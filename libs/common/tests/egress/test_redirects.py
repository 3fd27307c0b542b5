"""Redirects: each address is checked, and credentials stay at the origin they were given for."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import pytest
from libs.common.tests.egress.clients import Open
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
    with_body,
)
from libs.common.tests.egress.spellings import FORBIDDEN, LOOPBACK, NAMES
from yarl import URL

from linktime_common.egress.client import Authorization, GuardedClient
from linktime_common.egress.errors import (
    ConnectionFailed,
    RequestFailed,
    RequestRefused,
    TooManyRedirects,
)
from linktime_common.egress.redirects import OutgoingRequest
from linktime_common.egress.urls import UrlRefused

AUTH = Authorization.basic("ann", "secret")
ETAGS: Mapping[str, str] = {"If-Match": '"1"', "Content-Type": "text/calendar"}


def moved(to: str, status: int = 302) -> bytes:
    """Return a redirect."""
    return with_body(b"moved", f"Location: {to}".encode(), status=b"%d Moved" % status)


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PROPFIND", "REPORT"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_reading_keeps_method_and_body(method: str, status: int) -> None:
    """As CalDAV clients do: a PROPFIND that becomes a GET finds nothing."""
    first = OutgoingRequest(method, URL("https://a.test/x"), ETAGS, b"<x/>", "Basic s")
    assert first.redirected(status, "/y?z", allow_http=False) == OutgoingRequest(
        method, URL("https://a.test/y?z"), ETAGS, b"<x/>", "Basic s"
    )


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PROPFIND", "REPORT"])
def test_see_other_is_a_get(method: str) -> None:
    """Without the body and its headers."""
    first = OutgoingRequest(method, URL("https://a.test/x"), ETAGS, b"<x/>", "Basic s")
    assert first.redirected(303, "y", allow_http=False) == OutgoingRequest(
        "GET", URL("https://a.test/y"), {"If-Match": '"1"'}, b"", "Basic s"
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "MKCALENDAR"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_writing_follows_only_what_keeps_the_method(method: str, status: int) -> None:
    """The other redirects are the answer."""
    first = OutgoingRequest(method, URL("https://a.test/x"), ETAGS, b"x", "Basic s")
    following = first.redirected(status, "/y", allow_http=False)
    kept = OutgoingRequest(method, URL("https://a.test/y"), ETAGS, b"x", "Basic s")
    assert following == (kept if status in {307, 308} else None)


@pytest.mark.parametrize("status", [200, 204, 300, 304, 305, 401])
def test_other_statuses_are_final(status: int) -> None:
    """Also with a Location, as is a redirect without one."""
    first = OutgoingRequest("GET", URL("https://a.test/x"), {})
    assert first.redirected(status, "/y", allow_http=False) is None
    assert first.redirected(302, None, allow_http=False) is None


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("/y", True),
        ("https://a.test/y#part", True),
        ("https://A.TEST:443/y", True),
        ("//a.test/y", True),
        ("https://b.test/y", False),
        ("https://a.test.b.test/y", False),
        ("https://sub.a.test/y", False),
        ("https://a.test:8443/y", False),
        ("http://a.test/y", False),
        ("http://a.test:1443/y", False),
        ("//b.test/y", False),
    ],
)
def test_credentials_stay_at_their_origin(location: str, kept: bool) -> None:
    """Scheme, host and port; also those among the headers."""
    headers = {"Depth": "0", "authorization": "Bearer s", "Cookie": "s", "Proxy-Authorization": "s"}
    first = OutgoingRequest("GET", URL("https://a.test/x"), headers, b"", "Basic s")
    following = first.redirected(302, location, allow_http=True)
    assert following is not None
    assert following.authorization == ("Basic s" if kept else None)
    assert following.headers == (headers if kept else {"Depth": "0"})


@pytest.mark.parametrize(
    "location",
    [
        "http://a.test/y",
        "ftp://a.test/",
        "file:///etc/passwd",
        "https://ann:secret@b.test/",
        "https://@b.test/",
        "https://b.test:22/",
        "https://[::1",
        "https://b.test\\@10.0.0.1/",
        "/a b",
        "/" + "a" * 2100,
        "/\ud800",
    ],
)
def test_a_location_follows_the_rules_of_urls(location: str) -> None:
    """Those of an address that a user gives."""
    first = OutgoingRequest("GET", URL("https://a.test/x"), {})
    with pytest.raises(UrlRefused):
        first.redirected(302, location, allow_http=False)


async def test_a_redirect_is_followed(client: GuardedClient) -> None:
    """The answer names its own URL."""
    async with listening(answering(moved("/other?a=b", 301), with_body(b"ok"))) as server:
        answer = await client.request("REPORT", server.url, body=b"<r/>", auth=AUTH)
    assert (answer.body, answer.url) == (b"ok", f"http://127.0.0.1:{server.port}/other?a=b")
    assert server.requests[1].startswith(b"REPORT /other?a=b HTTP/1.1\r\n")
    assert server.requests[1].endswith(b"\r\n\r\n<r/>")
    assert b"\r\nAuthorization: Basic " in server.requests[1]


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_credentials_are_not_sent_to_another_origin(
    client: GuardedClient, names: NameServer, method: str
) -> None:
    """Another port, another name of the same server, and back: only the first request has them."""
    names.zone["other.test"] = ["127.0.0.1"]
    async with AsyncExitStack() as servers:
        third = await servers.enter_async_context(listening(answering(NO_CONTENT)))
        second = await servers.enter_async_context(
            listening(answering(moved(f"http://other.test:{third.port}/", 307)))
        )
        first = await servers.enter_async_context(listening(answering(moved(second.url, 307))))
        answer = await client.request(method, first.url, auth=AUTH, headers={"Cookie": "secret"})
        assert (answer.status, answer.url) == (204, f"http://other.test:{third.port}/")
    assert b"\r\nAuthorization: Basic " in first.requests[0]
    for server in (second, third):
        (asked,) = server.requests
        assert b"authorization" not in asked.lower()
        assert b"secret" not in asked


class Elsewhere(Exception):
    """What a check of redirects raises."""


@pytest.mark.parametrize("method", ["REPORT", "PUT"])
async def test_a_caller_checks_redirects(client: GuardedClient, method: str) -> None:
    """Each of them, before anything is sent there; what the check raises is raised."""
    seen: list[str] = []

    def check(url: str) -> None:
        seen.append(url)
        if url == other.url:
            raise Elsewhere

    async with listening(answering(NO_CONTENT)) as other:
        answers = answering(moved("/near", 307), moved(other.url, 307))
        async with listening(answers) as first:
            with pytest.raises(Elsewhere):
                await client.request(method, first.url, body=b"<r/>", check_redirect=check)
        assert seen == [f"http://127.0.0.1:{first.port}/near", other.url]
        assert other.requests == []


async def test_credentials_are_not_sent_after_a_way_back(client: GuardedClient) -> None:
    """The other server has chosen that address."""
    back: list[bytes] = []

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await receiver.read(reader)
            writer.write(back[0])

        return handle

    async with (
        listening(talk) as other,
        listening(answering(moved(other.url), NO_CONTENT)) as first,
    ):
        back.append(moved(first.url))
        assert (await client.request("GET", first.url, auth=AUTH)).status == 204
    assert [b"Authorization" in one for one in first.requests] == [True, False]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_five_redirects_are_followed(client: GuardedClient, method: str) -> None:
    """The sixth is one too many, as in a loop."""
    async with listening(answering(*[moved("/hook", 307)] * 5, NO_CONTENT)) as server:
        assert (await client.request(method, server.url)).status == 204
    async with listening(answering(moved("/hook", 307))) as server:
        with pytest.raises(TooManyRedirects):
            await client.request(method, server.url)
    assert len(server.requests) == 6


async def test_a_redirect_to_a_forbidden_address_is_refused(
    open_client: Open, names: NameServer
) -> None:
    """An address, and a name that resolves to one; the target accepts no connection."""
    names.zone["inside.test"] = ["127.0.0.2"]
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(listening(answering(NO_CONTENT)))
        port = target.port
        client = await stack.enter_async_context(open_client(forbidden_ports=(port,)))
        for to in (f"http://127.0.0.1:{port}/", f"http://inside.test:{port}/", "http://10.0.0.1/"):
            async with listening(answering(moved(to))) as first:
                with pytest.raises(RequestRefused) as caught:
                    await client.request("GET", first.url, auth=AUTH)
            assert (caught.value.reason, len(first.requests)) == ("blocked_address", 1)
        assert target.accepted == 0


async def test_no_spelling_of_a_forbidden_address_is_reached(
    open_client: Open, names: NameServer
) -> None:
    """Neither given nor by a redirect; a server of this machine accepts no connection."""
    names.zone = dict(NAMES) | {"gate.test": ["127.3.3.3"]}
    async with open_client(allowed=()) as client, listening(answering(NO_CONTENT)) as target:
        for host in FORBIDDEN:
            with pytest.raises((RequestRefused, ConnectionFailed)) as caught:
                await client.request("GET", f"http://{host}:{target.port}/", auth=AUTH)
            assert caught.value.reason in {"blocked_address", "dns_no_such_name"}, host
        assert target.accepted == 0


@pytest.mark.parametrize("host", LOOPBACK[:8])
async def test_a_redirect_by_another_spelling_is_refused(open_client: Open, host: str) -> None:
    """Except the one that is allowed, whose port is forbidden."""
    async with listening(answering(NO_CONTENT)) as target:
        async with (
            open_client(forbidden_ports=(target.port,)) as client,
            listening(answering(moved(f"http://{host}:{target.port}/"))) as first,
        ):
            with pytest.raises(RequestFailed):
                await client.request("GET", first.url)
            assert len(first.requests) == 1
        assert target.accepted == 0


async def test_plain_http_is_refused_unless_allowed(open_client: Open) -> None:
    """Nothing is sent."""
    async with open_client(allow_http=False) as client, listening(answering(NO_CONTENT)) as server:
        with pytest.raises(RequestRefused, match=r"must begin with https://$"):
            await client.request("GET", server.url)
    assert server.accepted == 0
