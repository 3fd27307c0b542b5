"""Forwards requests of a development subscriber to another server, and returns its response.

The response is parsed as for a delivery, so that whatever LinkTime accepts is passed on.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from linktime_common.http.answers import FIRST_FINAL_STATUS, WITHOUT_BODY, SubscriberResponse
from linktime_common.http.heads import head_of
from linktime_common.http.loose_heads import UnreadableAnswer
from linktime_common.http.reading import Reading
from linktime_operator.operations.reasons import MEANINGS

BAD_GATEWAY = 502
FORWARD_SECONDS = 14.0  # an attempt has 15
MOST_HEADER_CHARACTERS = 256
# Hop-by-hop headers, or set again for the next hop.
NOT_FORWARDED = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "te", "upgrade"}
)
# The first match applies.
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (UnreadableAnswer, MEANINGS["unreadable_answer"]),
    (TimeoutError, f"none came in {FORWARD_SECONDS:.0f} seconds"),
    (socket.gaierror, "its name does not resolve"),
    (ConnectionRefusedError, "the connection was refused"),
    (aiohttp.ClientError, MEANINGS["disconnected"]),
    (ConnectionError, MEANINGS["disconnected"]),
    (OSError, "it cannot be reached"),
    (ValueError, "the request has a header that cannot be sent"),
)
PASSED_BACK = frozenset({"content-type", "retry-after"})


@dataclass(frozen=True)
class Request:
    """A received request: header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class PassedAnswer:
    """The response to a request; `failure` is the reason when the target did not respond."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str | None = None


class _Exchange(asyncio.Protocol):
    """One connection, for one response."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def data_received(self, data: bytes) -> None:
        self._reading.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._reading.lose(exc)


def check_target(url: str) -> None:
    """Raise ValueError unless the URL is http or https."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # invalid port or address
        is_good = False
    if not is_good:
        raise ValueError("--forward-to must be a URL that begins with http:// or https://.")


def forwarding(url: str) -> Callable[[Request], Awaitable[PassedAnswer]]:
    """Return a handler that forwards to `url`; 502 with the reason without a response."""
    target = URL(url)
    tls = ssl.create_default_context() if target.scheme == "https" else None

    async def answer(request: Request) -> PassedAnswer:
        reading = Reading(asyncio.get_running_loop(), is_reused=False)
        try:
            async with asyncio.timeout(FORWARD_SECONDS):
                await _ask(target, tls, request, reading)
        except (aiohttp.ClientError, UnreadableAnswer, OSError, ValueError) as error:
            if reading.answer is None:
                return _no_answer(url, _why(error))
        if reading.answer is None or reading.answer.status < FIRST_FINAL_STATUS:
            return _no_answer(url, "it switched to another protocol")
        return _passed_back(reading.answer)

    return answer


async def _ask(target: URL, tls: ssl.SSLContext | None, request: Request, reading: Reading) -> None:
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.create_connection(
        lambda: _Exchange(reading), target.raw_host or "", target.port or 0, ssl=tls
    )
    try:
        transport.write(_head(target, request) + request.body)
        await reading.ended
    finally:
        transport.close()


def _head(target: URL, request: Request) -> bytes:
    headers = {name: value for name, value in request.headers.items() if name not in NOT_FORWARDED}
    if target.user is not None:
        login = aiohttp.encode_basic_auth(target.user, target.password or "")
        headers.setdefault("authorization", login)
    lines = [
        f"POST {target.raw_path_qs} HTTP/1.1",
        f"Host: {target.host_port_subcomponent}",
        *[f"{name}: {value}" for name, value in headers.items()],
        f"Content-Length: {len(request.body)}",
        "Connection: close",
    ]
    return head_of(lines)


def _passed_back(answer: SubscriberResponse) -> PassedAnswer:
    """Return its status, the headers that matter to a delivery, and its body up to 16 KiB."""
    headers = dict[str, str]()
    for line in answer.headers.split(b"\n"):
        name, _colon, written = line.decode("latin-1").partition(":")
        name, value = name.strip().lower(), written.strip()
        is_plain = value.isascii() and value.isprintable()
        if name in PASSED_BACK and is_plain and len(value) <= MOST_HEADER_CHARACTERS:
            headers.setdefault(name, value)
    body = b"" if answer.status in WITHOUT_BODY else answer.body
    return PassedAnswer(answer.status, headers, body)


def _no_answer(url: str, why: str) -> PassedAnswer:
    parts = URL(url)
    failure = f"No answer from {parts.scheme}://{parts.host_port_subcomponent}: {why}"
    headers = {"content-type": "text/plain; charset=utf-8"}
    return PassedAnswer(BAD_GATEWAY, headers, failure.encode(), failure)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"the TLS handshake failed ({error.reason or 'no reason given'})"
    return next(words for kind, words in REASONS if isinstance(error, kind))
