"""A CalDAV server whose answers a test writes, and the requests that it got."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount, CalDavTimeouts
from linktime_common.egress.client import GuardedClient

NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
PRINCIPAL = "<D:current-user-principal><D:href>{}</D:href></D:current-user-principal>"
HOME = "<C:calendar-home-set><D:href>{}</D:href></C:calendar-home-set>"
CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"


@dataclass(frozen=True)
class Got:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def has_password(self) -> bool:
        return "Authorization" in self.headers


Respond = Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse]]


class ScriptedServer:
    """Answers with what `respond` returns; an async context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Got] = []
        self.respond: Respond = nothing
        self._tls = tls

    async def __aenter__(self) -> Self:
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._tls, backlog=1024)
        await site.start()
        self._runner = runner
        self.port: int = runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def calendar(self) -> str:
        return f"{self.url}/cal/"

    def adapter(self, client: GuardedClient, *, seconds: float = 30.0) -> CalDavAdapter:
        timeouts = CalDavTimeouts(seconds, seconds)
        return CalDavAdapter(client, CalDavAccount(self.calendar, "ann", "secret-1"), timeouts)

    def answer(self, *answers: web.Response | str) -> None:
        """Give these answers in turn, the last one again and again; text is a 207."""
        before = len(self.requests)

        async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
            one = answers[min(len(self.requests) - before, len(answers)) - 1]
            if isinstance(one, str):
                return multistatus(one)
            return web.Response(status=one.status, headers=one.headers, body=one.body)

        self.respond = respond

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = (await request.read()).decode()
        self.requests.append(Got(request.method, request.raw_path, dict(request.headers), body))
        return await self.respond(request, body)


async def nothing(request: web.BaseRequest, body: str) -> web.StreamResponse:
    return web.Response(status=404)


def multistatus(xml: str) -> web.Response:
    return web.Response(
        status=207,
        body=f'<?xml version="1.0"?><D:multistatus {NAMES}>{xml}</D:multistatus>'.encode(),
        content_type="application/xml",
    )


def found(href: str, properties: str, *, status: str = "HTTP/1.1 200 OK") -> str:
    """Return a response with properties."""
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>"
        f"<D:status>{status}</D:status></D:propstat></D:response>"
    )


def listed(href: str, etag: str = '"1"') -> str:
    return found(href, f"<D:getetag>{etag}</D:getetag>")


def stated(href: str, status: str) -> str:
    """Return a response with a status and no properties."""
    return f"<D:response><D:href>{href}</D:href><D:status>{status}</D:status></D:response>"


def token(text: str) -> str:
    return f"<D:sync-token>{text}</D:sync-token>"


def delivered(href: str, uid: str, etag: str = '"1"') -> str:
    """Return a response with an event."""
    data = event(uid).decode()
    return found(href, f"<D:getetag>{etag}</D:getetag><C:calendar-data>{data}</C:calendar-data>")


def event(uid: str, *, hour: int = 9, summary: str = "Dentist", more: str = "") -> bytes:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//LinkTime//Test//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20270101T000000Z\r\nDTSTART:20270104T{hour:02}0000Z\r\n"
        f"DTEND:20270104T{hour + 1:02}0000Z\r\nSUMMARY:{summary}\r\n{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()
