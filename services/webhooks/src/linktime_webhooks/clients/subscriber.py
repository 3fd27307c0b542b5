"""Sends one signed POST to a subscriber, on a connection that only reaches allowed addresses."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import NamedTuple, Self
from uuid import UUID

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.hdrs import HOST
from yarl import URL

from linktime_common import logs
from linktime_common.egress.connector import MARKS, GuardedConnector, Marks
from linktime_common.egress.reasons import FailureReason
from linktime_common.egress.urls import PlainHttpRefused
from linktime_common.egress.way_out import WayOut
from linktime_common.http.answers import SubscriberResponse
from linktime_common.http.loose_heads import AnswerTooLong, UnreadableAnswer
from linktime_common.http.reading import Reading, StaleAnswer
from linktime_webhooks.clients.exchange import SubscriberProtocol, ask, destination, give_back
from linktime_webhooks.domain import signing
from linktime_webhooks.domain.custom_headers import MASK

TOTAL_SECONDS = 15.0  # of the whole exchange, from when it has its slot
CONNECT_SECONDS = 5.0  # for all addresses of a name together, TLS included
FIXED_HEADERS = {
    "User-Agent": "LinkTime-Webhooks/1",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}


@dataclass(frozen=True)
class Target:
    """The settings of an endpoint that one attempt needs."""

    owner_id: UUID
    url: str  # canonical: sent without encoding it again
    secrets: Sequence[bytes]  # newest first; all sign
    headers: Mapping[str, str]  # the owner's, checked when saved

    @cached_property
    def directly(self) -> ClientRequest:
        """Return the request to the receiver without a proxy."""
        return destination(self.owner_id, URL(self.url, encoded=True))


class AttemptOutcome(NamedTuple):
    """The outcome of one attempt; `reason` is `ok`, `http_503`, `timeout`, `blocked_address`, …

    The times are durations; those of the connection are None where one was reused, and
    `first_byte_ms` runs from the connection to the response's headers. `address` is None for a
    blocked attempt: it would show the owner how a name resolves inside our network.
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
    response_truncated: bool
    requests: int
    """Two if the first one was lost with its reused connection."""

    @property
    def delivered(self) -> bool:
        """Return whether the status is 2xx; a redirect is a failure."""
        return self.reason == "ok"

    @property
    def timed_out(self) -> bool:
        """Return whether the attempt took a slot for the longest time allowed."""
        return self.reason == FailureReason.TIMEOUT

    @property
    def charged(self) -> bool:
        """Return whether the endpoint is responsible; it is not for a fault of our proxy."""
        return self.reason != FailureReason.PROXY


@dataclass(slots=True)
class Exchange:
    """One attempt in progress."""

    target: Target
    headers: Mapping[str, str]
    body: bytes
    began: float = field(default_factory=time.perf_counter)
    marks: Marks = field(default_factory=Marks)
    asked_of_proxy: str | None = None
    reading: Reading | None = None
    was_sent_twice: bool = False

    @property
    def answer(self) -> SubscriberResponse | None:
        """Return the receiver's response, or None until its head is received."""
        return self.reading.answer if self.reading else None

    def may_be_sent_again(self, error: Exception) -> bool:
        """Return whether it failed because of the state of its reused connection.

        A reused connection may have been closed, or ended with a 408, while the request was on its
        way.
        """
        has_begun = self.reading is not None and self.reading.has_begun
        is_left_over = not has_begun or isinstance(error, StaleAnswer | UnreadableAnswer)
        return self.marks.was_reused and is_left_over and not isinstance(error, AnswerTooLong)

    def outcome(self, reason: str, request_headers: dict[str, str]) -> AttemptOutcome:
        """Return the outcome of the finished attempt."""
        marks, ended, answer = self.marks, time.perf_counter(), self.answer
        blocked = reason == FailureReason.BLOCKED_ADDRESS
        was_dialled = marks.dialled or (None if marks.connected else ended)
        return AttemptOutcome(
            reason=reason,
            status=answer.status if answer else None,
            retry_after=answer.retry_after if answer else None,
            address=None if blocked else self.asked_of_proxy or marks.address,
            request_headers=request_headers,
            dns_ms=_milliseconds(marks.asked, was_dialled),
            connect_ms=_milliseconds(marks.dialled, marks.handshaking or marks.connected or ended),
            tls_ms=_milliseconds(marks.handshaking, marks.connected or ended),
            first_byte_ms=_milliseconds(
                marks.connected, self.reading.answered if self.reading else None
            ),
            total_ms=round((ended - self.began) * 1000),
            response_headers=answer.headers if answer else b"",
            response_body=answer.body if answer else b"",
            response_truncated=answer.is_truncated if answer else False,
            requests=2 if self.was_sent_twice else 1,
        )


class Subscribers:
    """Sends all deliveries; one per process, an async context manager.

    No cookies (one tenant's would reach another's), no proxy of the environment (it would resolve
    names unchecked), no redirects.
    """

    def __init__(self, way_out: WayOut, *, allow_http: bool) -> None:
        self.way_out = way_out
        self._allow_http = allow_http
        self._timeouts = way_out.timeouts(seconds=CONNECT_SECONDS)

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
    ) -> AttemptOutcome:
        """Send one attempt; every failure is an outcome with its reason, never an exception."""
        ours = FIXED_HEADERS | signing.headers(
            target.secrets, identifier=message_id, timestamp=timestamp, body=body
        )
        ours["traceparent"] = logs.outgoing_traceparent()
        exchange = Exchange(target, {**target.headers, **ours}, body)
        reason: str = FailureReason.DISCONNECTED
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await self._exchange(exchange)
        except Exception as error:  # any error that a receiver causes is its outcome
            reason = self.way_out.reason_of(error, exchange.marks)
        if answer := exchange.answer:  # also when its body did not end in time
            reason = "ok" if answer.is_success else f"http_{answer.status}"
        return exchange.outcome(reason, dict.fromkeys(target.headers, MASK) | ours)

    def _connector(self, *, keep: bool) -> GuardedConnector:
        return self.way_out.connector(
            keep=keep, seconds=CONNECT_SECONDS, protocol=SubscriberProtocol
        )

    async def _exchange(self, exchange: Exchange) -> None:
        if not self._allow_http and not exchange.target.url.startswith("https://"):
            raise PlainHttpRefused
        MARKS.set(exchange.marks)
        try:
            return await self._send(self._keeping, exchange)
        except (aiohttp.ClientConnectionError, UnreadableAnswer, OSError) as error:
            if not exchange.may_be_sent_again(error):
                raise
        exchange.reading, exchange.was_sent_twice = None, True
        return await self._send(self._fresh, exchange)

    async def _send(self, connector: GuardedConnector, exchange: Exchange) -> None:
        to = await self._destination(exchange)
        connection = await connector.connect(to, [], self._timeouts)
        try:
            exchange.reading = ask(
                connection, to, exchange.headers, exchange.body, keep=not connector.force_close
            )
            await exchange.reading.ended
        except BaseException:
            connection.close()
            raise
        give_back(connection, exchange.reading)

    async def _destination(self, exchange: Exchange) -> ClientRequest:
        proxied = await self.way_out.through_proxy(exchange.target.directly.url)
        if proxied is None:
            return exchange.target.directly
        exchange.asked_of_proxy = proxied.address
        return destination(
            exchange.target.owner_id,
            proxied.url,
            headers={HOST: proxied.host},
            proxy=proxied.proxy,
            server_hostname=proxied.server_hostname,
        )


def _milliseconds(begin: float | None, end: float | None) -> int | None:
    return None if begin is None or end is None else round((end - begin) * 1000)
