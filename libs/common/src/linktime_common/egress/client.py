"""A client for servers at addresses that users give: guarded, limited, and careful with passwords.

Redirects are followed here, because each address is checked and because a password must not leave
the origin that it was given for.
"""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy

from linktime_common.egress.addresses import AddressRefused
from linktime_common.egress.bodies import ends_with_connection, read_body
from linktime_common.egress.connector import MARKS, Marks
from linktime_common.egress.errors import (
    RequestFailed,
    RequestRefused,
    TooManyRedirects,
    failure_of,
)
from linktime_common.egress.reasons import FailureReason
from linktime_common.egress.redirects import FOLLOWED, MOST_REDIRECTS, READING, OutgoingRequest
from linktime_common.egress.urls import UrlRefused, canonical_url
from linktime_common.egress.way_out import WayOut

CONNECT_SECONDS = 5.0  # for all addresses of a name together, TLS included
FIRST_FINAL_STATUS = 200
FIXED_HEADERS = {
    hdrs.USER_AGENT: "LinkTime/1",
    hdrs.ACCEPT: "*/*",
    hdrs.ACCEPT_ENCODING: "gzip",
}


@dataclass(frozen=True)
class RequestLimits:
    """Of a request with all its redirects, except `idle_seconds`: of a wait for more bytes."""

    total_seconds: float = 30.0
    idle_seconds: float = 10.0
    body_bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True)
class Authorization:
    """The value of the header `Authorization`."""

    value: str = field(repr=False)

    @classmethod
    def basic(cls, user: str, password: str) -> Self:
        """Return the credentials of RFC 7617; raises ValueError for a colon in the user name."""
        if ":" in user:
            raise ValueError("The user name must not contain a colon")
        pair = f"{user}:{password}".encode()
        return cls(f"Basic {base64.b64encode(pair).decode('ascii')}")


@dataclass(frozen=True)
class GuardedAnswer:
    """A complete answer; `url` is where the last redirect led."""

    status: int
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)  # its query may be a secret


class LostConnection(aiohttp.ClientConnectionError):
    """An open connection failed before the head of the answer was complete."""


async def send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request without aiohttp's repetition, which includes PUT and DELETE."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise LostConnection from error


class GuardedClient:
    """Sends requests; one per process, an async context manager.

    Reading requests use kept connections, and are repeated if one had been closed by the server.
    Writing requests use new ones, so that none can be sent twice.
    """

    def __init__(self, way_out: WayOut, *, allow_http: bool) -> None:
        self._way_out = way_out
        self._allow_http = allow_http

    async def __aenter__(self) -> Self:
        self._keeping = self._session(keep=True)
        self._fresh = self._session(keep=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._keeping.close()
        await self._fresh.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        auth: Authorization | None = None,
        limits: RequestLimits = RequestLimits(),
        check_redirect: Callable[[str], object] | None = None,
    ) -> GuardedAnswer:
        """Return the answer, with any status; raises RequestFailed.

        A redirect that may not be followed with this method is an answer, too. `check_redirect`
        gets the URL of each redirect before anything is sent there; what it raises is raised.
        """
        if method not in FOLLOWED:
            raise ValueError(f"The method must be one of {', '.join(sorted(FOLLOWED))}")
        MARKS.set(Marks())
        try:
            async with asyncio.timeout(limits.total_seconds):
                outgoing = OutgoingRequest(
                    method,
                    canonical_url(url, allow_http=self._allow_http),
                    headers or {},
                    body,
                    auth.value if auth else None,
                )
                return await self._follow(outgoing, limits, check_redirect)
        except UrlRefused as error:
            raise RequestRefused(str(error), FailureReason.BLOCKED_ADDRESS) from None
        except (aiohttp.ClientError, OSError, AddressRefused) as error:
            # Without the cause: its text may contain the URL.
            raise self._failure(error) from None

    async def _follow(
        self,
        outgoing: OutgoingRequest,
        limits: RequestLimits,
        check_redirect: Callable[[str], object] | None,
    ) -> GuardedAnswer:
        for _ in range(1 + MOST_REDIRECTS):
            answer = await self._answer(outgoing, limits)
            if isinstance(answer, GuardedAnswer):
                return answer
            if check_redirect is not None:
                check_redirect(str(answer.url))
            outgoing = answer
        raise TooManyRedirects

    async def _answer(
        self, outgoing: OutgoingRequest, limits: RequestLimits
    ) -> GuardedAnswer | OutgoingRequest:
        if outgoing.method in READING:
            try:
                return await self._send(self._keeping, outgoing, limits)
            except LostConnection:
                if not MARKS.get().was_reused:
                    raise
        return await self._send(self._fresh, outgoing, limits)

    async def _send(
        self, session: aiohttp.ClientSession, outgoing: OutgoingRequest, limits: RequestLimits
    ) -> GuardedAnswer | OutgoingRequest:
        """Return the answer, or the request that it redirects to."""
        MARKS.set(Marks())
        async with session.request(
            outgoing.method,
            data=outgoing.body or None,
            timeout=self._way_out.timeouts(
                seconds=CONNECT_SECONDS, idle_seconds=limits.idle_seconds
            ),
            allow_redirects=False,
            **await self._destination(outgoing),
        ) as response:
            if response.status < FIRST_FINAL_STATUS:
                raise failure_of(FailureReason.UNREADABLE_ANSWER)
            following = outgoing.redirected(
                response.status,
                response.headers.get(hdrs.LOCATION),
                allow_http=self._allow_http,
            )
            if following is not None:
                return following
            body = await read_body(response, limits.body_bytes)
            if ends_with_connection(response) and MARKS.get().was_reset:
                raise failure_of(FailureReason.DISCONNECTED)
            return GuardedAnswer(response.status, response.headers, body, str(outgoing.url))

    async def _destination(self, outgoing: OutgoingRequest) -> dict[str, Any]:
        """Return URL, headers and proxy for aiohttp."""
        headers = CIMultiDict(FIXED_HEADERS)
        headers.update(outgoing.headers)
        if outgoing.authorization is not None:
            headers[hdrs.AUTHORIZATION] = outgoing.authorization
        proxied = await self._way_out.through_proxy(outgoing.url)
        if proxied is None:
            return {"url": outgoing.url, "headers": headers}
        headers[hdrs.HOST] = proxied.host
        return {
            "url": proxied.url,
            "headers": headers,
            "proxy": proxied.proxy,
            "server_hostname": proxied.server_hostname,
        }

    def _session(self, *, keep: bool) -> aiohttp.ClientSession:
        """Return a session: no cookies, no proxy or password of the environment."""
        return aiohttp.ClientSession(
            connector=self._way_out.connector(keep=keep, seconds=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(send_once,),
            auto_decompress=False,
            trust_env=False,
        )

    def _failure(self, error: Exception) -> RequestFailed:
        return failure_of(self._way_out.reason_of(error, MARKS.get()))
