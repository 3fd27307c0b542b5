"""Hosts like those of iCloud get the password; no other host does, whatever the server says."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from libs.common.tests.egress.clients import LOOPBACK
from libs.common.tests.egress.nameserver import name_server
from libs.common.tests.egress.receivers import Receiver, Talk, listening, serving
from services.availability.tests.calendars.scripted import (
    CALENDAR,
    HOME,
    PRINCIPAL,
    ScriptedServer,
    delivered,
    found,
    listed,
    multistatus,
    token,
)

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.port import Gone, Invalid, OtherHost
from linktime_availability.calendars.presets import other_hosts_of
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut


def tunnel_to(server: ScriptedServer) -> object:
    """A proxy whose CONNECT always leads to the server."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            receiver.requests.append(await reader.readuntil(b"\r\n\r\n"))
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_carry(reader, there_writer), _carry(there_reader, writer))

        return handle

    return talk


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()


THEIRS = ("caldav.icloud.com", "p12-caldav.icloud.com", "p12-evil.icloud.com")
HOSTS = (*THEIRS, "evil.test", *(f"{host}.evil.test" for host in ("icloud.com", THEIRS[1])))


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A certificate of all hosts, and the file of the authority that signed it."""
    authority, ca_file = trustme.CA(), tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    return serving(authority.issue_cert(*HOSTS)), ca_file


@pytest.fixture
async def provider(
    certified: tuple[ssl.SSLContext, Path],
) -> AsyncIterator[tuple[ScriptedServer, GuardedClient]]:
    """A server that is all of iCloud's hosts and another one, and a client that gets there."""
    tls, ca_file = certified
    async with name_server() as names, ScriptedServer(tls) as server:
        names.zone |= {host: ["127.0.0.1"] for host in HOSTS}
        async with (
            listening(tunnel_to(server)) as proxy,
            Resolver(LOOPBACK, server=names.address) as resolver,
            GuardedClient(
                WayOut(resolver, proxy=f"http://127.0.0.1:{proxy.port}", ca_file=ca_file),
                allow_http=False,
            ) as client,
        ):
            yield server, client


def icloud(client: GuardedClient) -> CalDavAdapter:
    url = "https://caldav.icloud.com/"
    return CalDavAdapter(client, CalDavAccount(url, "ann", "secret-1", tuple(other_hosts_of(url))))


async def test_hosts_of_the_provider_get_the_password(
    provider: tuple[ScriptedServer, GuardedClient],
) -> None:
    """By an absolute href and by a redirect; changes are read there, too."""
    server, client = provider
    home = "https://p12-caldav.icloud.com:443/7/calendars/"

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        if request.host == "caldav.icloud.com" and request.path == "/7/principal/":
            where = f"https://p12-caldav.icloud.com{request.path}"
            return web.Response(status=308, headers={"Location": where})
        if "Authorization" not in request.headers:
            return web.Response(status=401)
        answers = {
            "/.well-known/caldav": found("/", PRINCIPAL.format("/7/principal/")),
            "/7/principal/": found("/7/principal/", HOME.format(home)),
            "/7/calendars/": found("/7/calendars/meetings/", CALENDAR),
        }
        if request.path in answers:
            return multistatus(answers[request.path])
        if "multiget" in body:
            return multistatus(delivered("/7/calendars/meetings/a.ics", "a"))
        return multistatus(listed("/7/calendars/meetings/a.ics") + token("one"))

    server.respond = respond
    adapter = icloud(client)
    (calendar,) = await adapter.list_calendars()
    assert calendar.ref == "https://p12-caldav.icloud.com/7/calendars/meetings/"

    async def known() -> dict[str, str]:
        return {}

    changes = await adapter.sync(calendar.ref, None, known)
    assert [one.ref for one in changes.changed] == ["a.ics"]


@pytest.mark.parametrize(
    "other",
    [
        "https://evil.test/",
        "https://icloud.com.evil.test/",
        "https://p12-caldav.icloud.com.evil.test/",
        "https://p12-caldav.icloud.com:8443/",
        "http://p12-caldav.icloud.com/",
        "//evil.test/x",
        "https://evil.test\\@caldav.icloud.com/",
        "https://ann@caldav.icloud.com/",
        "https://[::1",
        "ftp://caldav.icloud.com/",
        "file:///etc/passwd",
        "https://p12-evil.icloud.com/",
    ],
)
@pytest.mark.parametrize("how", ["principal", "home", "redirect", "calendar"])
async def test_no_other_host_gets_the_password(
    provider: tuple[ScriptedServer, GuardedClient], other: str, how: str
) -> None:
    """Whichever answer leads there, and however it is spelled; the host is named."""
    server, client = provider

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        if request.host != "caldav.icloud.com":
            return multistatus(found("/", PRINCIPAL.format("/")))
        if how == "redirect":
            return web.Response(status=308, headers={"Location": other})
        if how == "home" and request.path == "/p/":
            return multistatus(found("/p/", HOME.format(other)))
        if how == "calendar":
            return multistatus(found("/", HOME.format("/")) + found(other, CALENDAR))
        return multistatus(found("/", PRINCIPAL.format("/p/" if how == "home" else other)))

    server.respond = respond
    with pytest.raises((Invalid, Gone)) as raised:
        await icloud(client).list_calendars()
    if other == "https://evil.test/":
        assert isinstance(raised.value, OtherHost)
        assert raised.value.origin == "https://evil.test"
        assert " https://evil.test," in str(raised.value)
    assert {one.headers["Host"] for one in server.requests} == {"caldav.icloud.com"}
