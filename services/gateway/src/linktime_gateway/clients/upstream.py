"""Passes requests on to the services, over connections that are kept and used again.

What a caller gives and gets is plain values, so that what is inside can be replaced.

A connection may end while a request is on it, as when a service restarts. Such a request is sent
once more if that cannot do harm: it only reads, or it carries an Idempotency-Key, by which the
service knows it again. Any other write may have happened, and the honest answer is 503.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from yarl import URL

from linktime_common.errors import OutcomeUnknown, Unavailable

CONNECT_SECONDS = 1.0
KEEP_SECONDS = 30.0
MOST_BYTES = 16 * 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
IDEMPOTENCY_KEY = "Idempotency-Key"


class Answer(NamedTuple):
    """A service's answer; looking up `headers` ignores letter case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Upstream:
    """The services' public ports. Use it as a context manager."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        """`urls` by service, such as `http://127.0.0.1:8101`."""
        self._urls = {service: url.rstrip("/") for service, url in urls.items()}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
            trust_env=False,
            middlewares=(_send_once,),
        )
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(
        self,
        service: str,
        method: str,
        raw_path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: float,
    ) -> Answer:
        """What `service` answers to `raw_path` (path and query, sent as they are).

        `deadline` is in the event loop's seconds. Raises Unavailable when there is no answer by
        then; a write may have happened all the same.
        """
        url = URL(self._urls[service] + raw_path, encoded=True)
        may_repeat = method in SAFE_METHODS or IDEMPOTENCY_KEY in headers
        try:
            async with asyncio.timeout_at(deadline):
                try:
                    return await self._exchange(method, url, headers, body)
                except _ConnectionEnded:
                    if not may_repeat:
                        raise
                    return await self._exchange(method, url, headers, body)
        except _ConnectionEnded as error:
            raise OutcomeUnknown(f"{service} ended the connection") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{service} gave no answer: {error!r}") from error

    async def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        async with self._session.request(
            method, url, headers=headers, data=body, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, await _read(response))


class _ConnectionEnded(Exception):
    """The service closed the connection before it answered."""


async def _send_once(
    request: aiohttp.ClientRequest, handler: ClientHandlerType
) -> aiohttp.ClientResponse:
    # aiohttp would by itself repeat DELETE and PUT, whose second answer may be a 404; it does not
    # for errors that are not its own.
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ConnectionEnded from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if response.content_length is not None and response.content_length <= MOST_BYTES:
        return await response.read()
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            raise aiohttp.ClientPayloadError("the answer is too large")
    return bytes(body)
