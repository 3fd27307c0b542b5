"""One signed POST to a subscriber, on a connection that only reaches allowed addresses."""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from yarl import URL

from linktime_webhooks.domain.addresses import AddressRefused, Network, check_address

TOTAL_SECONDS = 15
CONNECT_SECONDS = 5
MOST_RESPONSE_BYTES = 64 * 1024
KEEPALIVE_SECONDS = 75


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt; `reason` is `ok`, `http_503`, `timeout`, `blocked_address`, …"""

    status: int | None
    reason: str
    milliseconds: int
    retry_after: float | None

    @property
    def delivered(self) -> bool:
        """Only a 2xx counts; a redirect is a failure."""
        return self.reason == "ok"


def open_session(allowed: Sequence[Network]) -> aiohttp.ClientSession:
    """A session that checks each address at the moment it is dialled.

    No cookies (one tenant's would reach another's), no proxy (it would resolve names out of
    sight), no limit on connections: the dispatcher counts its own slots.
    """

    def guarded_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _name, address = info
        check_address(address[0], allowed)
        return socket.socket(family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=KEEPALIVE_SECONDS, socket_factory=guarded_socket
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
        headers={"User-Agent": "LinkTime-Webhooks/1", "Accept-Encoding": "identity"},
    )


async def post(
    session: aiohttp.ClientSession, url: str, *, headers: dict[str, str], body: bytes
) -> Outcome:
    """Send one attempt; every failure is an outcome with its reason, never an exception."""
    began = time.perf_counter()
    status, retry_after = None, None
    try:
        async with session.post(
            URL(url, encoded=True),
            data=body,
            headers={**headers, "Content-Type": "application/json"},
            allow_redirects=False,
        ) as response:
            status = response.status
            retry_after = _retry_after(response.headers.get("Retry-After"))
            await _read_some(response)
        reason = "ok" if response.ok and status < 300 else f"http_{status}"  # noqa: PLR2004
    except (TimeoutError, aiohttp.ClientError, OSError, AddressRefused) as error:
        reason = _reason(error)
    milliseconds = round((time.perf_counter() - began) * 1000)
    return Outcome(status, reason, milliseconds, retry_after)


async def _read_some(response: aiohttp.ClientResponse) -> None:
    # A short answer is read so that the connection can be kept; a long one is hung up on.
    left = MOST_RESPONSE_BYTES
    while left > 0 and (chunk := await response.content.read(left)):
        left -= len(chunk)
    if left <= 0:
        response.close()


def _reason(error: BaseException) -> str:
    match error:
        case AddressRefused():
            return "blocked_address"
        case asyncio.TimeoutError():
            return "timeout"
        case aiohttp.ClientConnectorDNSError():
            return "dns"
        case aiohttp.ClientSSLError():
            return "tls"
        case aiohttp.ClientConnectorError():
            return "connect"
        case _:
            return "disconnected"


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from either form of RFC 9110 section 10.2.3; None when unreadable."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0)
    except (ValueError, OverflowError):
        return None
