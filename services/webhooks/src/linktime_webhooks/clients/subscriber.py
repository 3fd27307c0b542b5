"""One signed POST to a subscriber, on a connection that only reaches allowed addresses."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.hdrs import HOST
from aiohttp.http import HttpProcessingError
from yarl import URL

from linktime_common.logs import logger
from linktime_webhooks.clients.answers import Answer
from linktime_webhooks.clients.connector import (
    MARKS,
    Connector,
    Marks,
    dialled,
    guarded,
    tls_context,
)
from linktime_webhooks.clients.egress import ProxiedConnector, proxy_fault
from linktime_webhooks.clients.exchange import ask, destination, has_unsent
from linktime_webhooks.clients.resolver import LOOKUP_SECONDS, NameUnresolved, Resolver
from linktime_webhooks.domain import signing
from linktime_webhooks.domain.addresses import AddressRefused
from linktime_webhooks.domain.custom_headers import MASK

TOTAL_SECONDS = 15.0  # of the whole exchange, from the moment the sender has its slot
CONNECT_SECONDS = 5.0  # TLS included; a name's further addresses get no more
FIXED_HEADERS = {
    "User-Agent": "LinkTime-Webhooks/1",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}
# The first that fits: many of these are connection errors, and those are OSErrors.
REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((AddressRefused, aiohttp.InvalidUrlClientError), "blocked_address"),
    ((TimeoutError,), "timeout"),
    ((NameUnresolved, aiohttp.ClientConnectorDNSError), "dns"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls"),
    ((aiohttp.ClientConnectorError,), "connect"),
    ((aiohttp.ClientError, HttpProcessingError, OSError), "disconnected"),
)


@dataclass(frozen=True)
class Target:
    """What one attempt needs to know of its endpoint."""

    url: str  # canonical: sent as it stands, nothing encoded again
    secrets: Sequence[bytes]  # newest first; all sign
    headers: Mapping[str, str]  # the owner's, checked when they were saved

    @cached_property
    def directly(self) -> ClientRequest:
        """The way there without a proxy."""
        return destination(URL(self.url, encoded=True))


class Outcome(NamedTuple):
    """What came of one attempt; `reason` is `ok`, `http_503`, `timeout`, `blocked_address`, …

    The times are durations; those of the connection are None where one was reused, and
    `first_byte_ms` runs from the connection to the response's headers. `address` is never that of
    a blocked attempt: its owner could learn what a name means inside our network.
    """

    reason: str
    status: int | None
    retry_after: float | None
    address: str | None
    request_headers: dict[str, str]
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None
    total_ms: int
    response_headers: bytes
    response_body: bytes

    @property
    def delivered(self) -> bool:
        """Only a 2xx counts; a redirect is a failure."""
        return self.reason == "ok"

    @property
    def timed_out(self) -> bool:
        """It took a slot for as long as any attempt may."""
        return self.reason == "timeout"

    @property
    def charged(self) -> bool:
        """Is this the endpoint's doing? A fault of our own proxy is not."""
        return self.reason != "proxy"


@dataclass(slots=True)
class Exchange:
    """One attempt under way."""

    target: Target
    headers: Mapping[str, str]
    body: bytes
    began: float = field(default_factory=time.perf_counter)
    marks: Marks = field(default_factory=Marks)
    asked_of_proxy: str | None = None
    answered: float | None = None
    answer: Answer | None = None

    @property
    def was_reused(self) -> bool:
        """Did it go out on a connection that had been open before?"""
        return self.marks.connected is not None and self.marks.dialled is None

    def outcome(self, reason: str, request_headers: dict[str, str]) -> Outcome:
        """What came of it, now that it is over."""
        marks, ended = self.marks, time.perf_counter()
        blocked = reason == "blocked_address"
        was_dialled = marks.dialled or (None if marks.connected else ended)
        return Outcome(
            reason=reason,
            status=self.answer.status if self.answer else None,
            retry_after=self.answer.retry_after if self.answer else None,
            address=None if blocked else self.asked_of_proxy or marks.address,
            request_headers=request_headers,
            dns_ms=_milliseconds(marks.asked, was_dialled),
            connect_ms=_milliseconds(marks.dialled, marks.handshaking or marks.connected or ended),
            tls_ms=_milliseconds(marks.handshaking, marks.connected or ended),
            first_byte_ms=_milliseconds(marks.connected, self.answered),
            total_ms=round((ended - self.began) * 1000),
            response_headers=self.answer.headers if self.answer else b"",
            response_body=self.answer.body if self.answer else b"",
        )


class Subscribers:
    """All that is sent leaves through one of these; one per process, an async context manager.

    No cookies (one tenant's would reach another's), no proxy of the environment (it would resolve
    names out of sight), no redirect followed.
    """

    def __init__(
        self, resolver: Resolver, *, proxy: str | None = None, ca_file: Path | None = None
    ) -> None:
        self.resolver = resolver
        self._proxy = proxy
        self._tls = tls_context(ca_file)
        self._timeouts = aiohttp.ClientTimeout(
            total=None,
            connect=None if proxy else LOOKUP_SECONDS + CONNECT_SECONDS,
            sock_connect=CONNECT_SECONDS,
        )

    async def __aenter__(self) -> Self:
        self._keeping = self._connector(keep=True)
        self._fresh = self._connector(keep=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._keeping.close()
        await self._fresh.close()

    async def post(
        self, target: Target, *, message_id: str, timestamp: int, body: bytes
    ) -> Outcome:
        """Send one attempt; every failure is an outcome with its reason, never an exception."""
        ours = FIXED_HEADERS | signing.headers(
            target.secrets, identifier=message_id, timestamp=timestamp, body=body
        )
        exchange = Exchange(target, {**target.headers, **ours}, body)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._exchange(exchange)
            reason = "ok" if answer.is_success else f"http_{answer.status}"
        except Exception as error:  # whatever a receiver provokes is its outcome
            reason = self._reason(error, exchange)
        return exchange.outcome(reason, dict.fromkeys(target.headers, MASK) | ours)

    def _connector(self, *, keep: bool) -> Connector:
        if self._proxy is None:
            return Connector(
                self.resolver,
                socket_factory=guarded(self.resolver.allowed, self.resolver.forbidden_ports),
                tls=self._tls,
                keep=keep,
            )
        # The only thing dialled is the proxy, which is where the operator says.
        return ProxiedConnector(
            aiohttp.ThreadedResolver(), socket_factory=dialled, tls=self._tls, keep=keep
        )

    async def _exchange(self, exchange: Exchange) -> Answer:
        MARKS.set(exchange.marks)
        try:
            return await self._send(self._keeping, exchange)
        except aiohttp.ClientConnectionError as error:
            if not (exchange.was_reused and _nothing_came_back(error, exchange)):
                raise
        # The receiver had closed the connection while it waited to be used again.
        return await self._send(self._fresh, exchange)

    async def _send(self, connector: Connector, exchange: Exchange) -> Answer:
        proxy, target = self._proxy, exchange.target
        to = target.directly if proxy is None else await self._through(proxy, exchange)
        connection = await connector.connect(to, [], self._timeouts)
        try:
            message, content = await ask(
                connection, to, exchange.headers, exchange.body, keep=not connector.force_close
            )
            exchange.answered = time.perf_counter()
            exchange.answer = Answer.of(message)
            is_whole = await exchange.answer.read_body(content)
        except BaseException:
            connection.close()
            raise
        if is_whole and not has_unsent(connection):
            connection.release()
        else:
            connection.close()
        return exchange.answer

    async def _through(self, proxy: str, exchange: Exchange) -> ClientRequest:
        url = URL(exchange.target.url, encoded=True)
        host = url.raw_host or ""
        exchange.asked_of_proxy = (await self.resolver.addresses(host, url.port or 0))[0]
        return destination(
            url.with_host(exchange.asked_of_proxy),
            headers={HOST: url.host_port_subcomponent or ""},
            proxy=URL(proxy),
            server_hostname=host,
        )

    def _reason(self, error: Exception, exchange: Exchange) -> str:
        if exchange.marks.blocked:
            return "blocked_address"
        fault = proxy_fault(error, exchange.marks) if self._proxy else None
        return fault or _reason(error)


def _reason(error: Exception) -> str:
    for kinds, reason in REASONS:
        if isinstance(error, kinds):
            return reason
    logger().warning("a delivery failed in an unforeseen way", reason=error)
    return "disconnected"


def _nothing_came_back(error: aiohttp.ClientConnectionError, exchange: Exchange) -> bool:
    # The library keeps the beginning of a response head as the error's message.
    begun = isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(
        error.message, str
    )
    return exchange.answer is None and not begun


def _milliseconds(begin: float | None, end: float | None) -> int | None:
    return None if begin is None or end is None else round((end - begin) * 1000)
