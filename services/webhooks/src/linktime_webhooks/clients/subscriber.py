"""One signed POST to a subscriber, on a connection that only reaches allowed addresses."""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from linktime_webhooks.domain import signing
from linktime_webhooks.domain.addresses import AddressRefused, Network, check_address

TOTAL_SECONDS = 15
CONNECT_SECONDS = 5
MOST_RESPONSE_BYTES = 64 * 1024
KEPT_RESPONSE_BYTES = 16 * 1024
KEEPALIVE_SECONDS = 75


@dataclass(frozen=True)
class Target:
    """What one attempt needs to know of an endpoint; all secrets sign, the newest first."""

    url: str
    secrets: Sequence[bytes]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt; `reason` is `ok`, `http_503`, `timeout`, `blocked_address`, …"""

    reason: str
    total_ms: int
    status: int | None = None
    retry_after: float | None = None
    address: str | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    dns_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    first_byte_ms: int | None = None
    response_headers: bytes = b""
    response_body: bytes = b""

    @property
    def delivered(self) -> bool:
        """Only a 2xx counts; a redirect is a failure."""
        return self.reason == "ok"

    @property
    def timed_out(self) -> bool:
        """No answer in time."""
        return self.reason == "timeout"


class Subscribers:
    """One per process: the session that every attempt is sent by.

    It checks each address at the moment it is dialled. No cookies (one tenant's would reach
    another's), no proxy (it would resolve names out of sight), no limit on connections: the
    dispatcher counts its own slots.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEPALIVE_SECONDS, socket_factory=self._guarded_socket
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": "LinkTime-Webhooks/1", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def post(
        self, target: Target, *, message_id: str, timestamp: int, body: bytes
    ) -> Outcome:
        """Send one attempt; every failure is an outcome with its reason, never an exception."""
        began = time.perf_counter()
        headers = signing.headers(
            target.secrets[0], identifier=message_id, timestamp=timestamp, body=body
        )
        status, retry_after, answer = None, None, b""
        try:
            async with self._session.post(
                URL(target.url, encoded=True),
                data=body,
                headers={**target.headers, **headers, "Content-Type": "application/json"},
                allow_redirects=False,
            ) as response:
                status = response.status
                retry_after = _retry_after(response.headers.get("Retry-After"))
                answer = await _read_some(response)
            reason = "ok" if response.ok and status < 300 else f"http_{status}"  # noqa: PLR2004
        except (TimeoutError, aiohttp.ClientError, OSError, AddressRefused) as error:
            reason = _reason(error)
        return Outcome(
            reason=reason,
            status=status,
            retry_after=retry_after,
            request_headers=headers,
            total_ms=round((time.perf_counter() - began) * 1000),
            response_body=answer,
        )

    def _guarded_socket(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _name, address = info
        check_address(address[0], self._allowed)
        return socket.socket(family, kind, protocol)


async def _read_some(response: aiohttp.ClientResponse) -> bytes:
    # A short answer is read so that the connection can be kept; a long one is hung up on.
    kept, left = b"", MOST_RESPONSE_BYTES
    while left > 0 and (chunk := await response.content.read(left)):
        left -= len(chunk)
        kept += chunk[: KEPT_RESPONSE_BYTES - len(kept)]
    if left <= 0:
        response.close()
    return kept


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
