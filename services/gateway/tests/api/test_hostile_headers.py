"""A header of 8,000 characters costs the gateway linear time and is no server error."""

from typing import Any

import aiohttp
import pytest

from linktime_gateway.api.headers import REQUEST_HEADERS
from linktime_gateway.api.session_cookies import CSRF_TOKEN
from linktime_gateway.clients.forwards import SCIM_ROOT
from linktime_local.testing.hostile_headers import headers_read, slowest

NAMES = {
    *headers_read("linktime_gateway"),
    *headers_read("linktime_common"),
    *(name.lower() for name in REQUEST_HEADERS),
    *("cookie", "expect", "connection"),
}
# They decide about the framing: the parser refuses them, with 501 for an unknown coding.
NAMES -= {"content-length", "transfer-encoding"}


def test_the_names_are_complete() -> None:
    """Those that are read by a constant of this or another module are found."""
    assert {CSRF_TOKEN.lower(), "origin", "cookie", "x-forwarded-for", "traceparent"} <= NAMES


@pytest.mark.parametrize(
    "path", ["/dashboard/api/session", "/api/bookings", f"{SCIM_ROOT}/Users", "/openapi.json"]
)
async def test_a_hostile_value_takes_linear_time(gateway: Any, world: Any, path: str) -> None:
    """Without credentials; for an own route, a forwarded one, SCIM and a document."""
    method = "GET" if path == "/openapi.json" else "POST"
    async with aiohttp.ClientSession() as session:
        for name in sorted(NAMES):

            async def send(value: str, name: str = name) -> None:
                headers, url = {name: value}, gateway.url + path
                async with session.request(method, url, data=b"{}", headers=headers) as answer:
                    await answer.read()
                    assert answer.status < 500, (name, value[:40])

            assert await slowest(send, name) is None, name
