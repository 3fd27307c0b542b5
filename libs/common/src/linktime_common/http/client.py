"""Calls to another service on its internal port."""

from typing import TypeVar

import aiohttp
import orjson
from pydantic import BaseModel, ValidationError

from linktime_common import logs, request_ids, tracing
from linktime_common.errors import Unavailable
from linktime_common.http.call_headers import CALLER_SECONDS
from linktime_common.http.kept_connections import KeptConnector, ResettingProtocol
from linktime_common.identity import HEADER, CallerKind, Signer

Model = TypeVar("Model", bound=BaseModel)

CONNECT_SECONDS = 1
SERVER_ERROR = 500


class Answered(Exception):
    """The other service responded with a 4xx: its status and error sentence."""

    def __init__(self, status: int, error: str, body: bytes) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.body = body


def open_session() -> aiohttp.ClientSession:
    """Return a session for internal calls: no cookies, no proxy, unlimited connections."""
    return aiohttp.ClientSession(
        connector=KeptConnector(protocol=ResettingProtocol, limit=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


class InternalClient:
    """Calls one service, as a caller of the kind `caller_kind`: service or operator."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        audience: str,
        signer: Signer,
        caller_kind: CallerKind = CallerKind.SERVICE,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._audience = audience
        self._signer = signer
        self._caller_kind = caller_kind

    async def call(
        self,
        method: str,
        path: str,
        reply: type[Model],
        *,
        body: BaseModel | None = None,
        query: dict[str, str] | None = None,
        timeout: float,
    ) -> Model:
        """Send `body` and return the response as `reply`; `timeout` seconds in all.

        Raises Answered for a 4xx, Unavailable for a timeout, a 5xx or a body that is not a `reply`:
        the call may then have taken effect.
        """
        raw = await self.call_for_json(method, path, body=body, query=query, timeout=timeout)
        try:
            return reply.model_validate_json(raw)
        except ValidationError as error:
            raise Unavailable(f"{self._audience} sent an invalid response") from error

    async def call_for_json(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        query: dict[str, str] | None = None,
        timeout: float,
    ) -> bytes:
        """As `call`, but return the JSON unread, for a long response that is passed on."""
        status, raw = await self._exchange(method, path, body, query, timeout)
        if status >= SERVER_ERROR:
            raise Unavailable(f"{self._audience} responded with {status}")
        if status >= 400:  # noqa: PLR2004
            raise Answered(status, _sentence(raw), raw)
        return raw

    async def _exchange(
        self,
        method: str,
        path: str,
        body: BaseModel | None,
        query: dict[str, str] | None,
        timeout: float,
    ) -> tuple[int, bytes]:
        try:
            with tracing.calling(method, self._audience) as step:
                async with self._session.request(
                    method,
                    self._base_url + path,
                    params=query,
                    data=None if body is None else body.model_dump_json().encode(),
                    headers=self._headers(timeout),
                    timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS),
                    allow_redirects=False,
                ) as response:
                    step.receive(response.status)
                    return response.status, await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{self._audience} did not respond") from error

    def _headers(self, timeout: float) -> dict[str, str]:
        headers = {
            HEADER: self._signer.sign(self._audience, self._caller_kind),
            "Content-Type": "application/json",
            CALLER_SECONDS: f"{timeout:g}",
            "traceparent": logs.outgoing_traceparent(),
        }
        if request_id := request_ids.current.get():
            headers[request_ids.REQUEST_ID] = request_id
        return headers


def _sentence(raw: bytes) -> str:
    try:
        return str(orjson.loads(raw)["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "no reason given"
