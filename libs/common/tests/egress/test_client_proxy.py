"""The guarded client through an egress proxy, which is asked for checked addresses."""

import pytest
import trustme
from libs.common.tests.egress.clients import Open
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.proxies import tunnelling
from libs.common.tests.egress.receivers import NO_CONTENT, answering, listening, serving, with_body

from linktime_common.egress.client import Authorization
from linktime_common.egress.errors import ConnectionFailed, RequestRefused


async def test_connect_names_the_checked_address(
    open_client: Open, names: NameServer, authority: trustme.CA
) -> None:
    """Also after a redirect; TLS verifies the names, and the proxy sees no credentials."""
    names.zone |= {"calendar.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}
    tls = serving(authority.issue_cert("calendar.test", "other.test"))
    async with listening(tunnelling) as proxy, listening(answering(NO_CONTENT), tls=tls) as other:
        there = f"https://other.test:{other.port}/there"
        moved = with_body(b"", f"Location: {there}".encode(), status=b"308 Moved")
        async with (
            listening(answering(moved), tls=tls) as first,
            open_client(proxy=f"http://us:pass@127.0.0.1:{proxy.port}") as client,
        ):
            answer = await client.request(
                "PUT",
                f"https://calendar.test:{first.port}/here",
                body=b"x",
                auth=Authorization.basic("ann", "secret"),
            )
    assert (answer.status, answer.url) == (204, there)
    assert [asked.split(b"\r\n")[0] for asked in proxy.requests] == [
        b"CONNECT 127.0.0.1:%d HTTP/1.1" % port for port in (first.port, other.port)
    ]
    assert all(b"Proxy-Authorization: Basic dXM6cGFzcw==" in asked for asked in proxy.requests)
    assert all(b"\r\nAuthorization" not in asked for asked in proxy.requests)
    assert b"\r\nHost: calendar.test:%d\r\n" % first.port in first.requests[0]
    assert b"\r\nAuthorization: Basic " in first.requests[0]
    assert b"\r\nHost: other.test:%d\r\n" % other.port in other.requests[0]
    assert b"authorization" not in other.requests[0].lower()


async def test_a_forbidden_address_is_not_asked_for(open_client: Open, names: NameServer) -> None:
    """The proxy may be able to reach it."""
    names.zone["inside.test"] = ["10.0.0.1"]
    async with (
        listening(tunnelling) as proxy,
        open_client(proxy=f"http://127.0.0.1:{proxy.port}") as client,
    ):
        for host in ("inside.test", "10.0.0.1"):
            with pytest.raises(RequestRefused):
                await client.request("GET", f"https://{host}/")
    assert proxy.accepted == 0


async def test_a_proxy_that_cannot_be_reached(open_client: Open) -> None:
    """The reason is not the server's."""
    async with open_client(proxy="http://127.0.0.1:1") as client:
        with pytest.raises(ConnectionFailed) as caught:
            await client.request("GET", "https://93.184.215.14/")
    assert caught.value.reason == "proxy"
