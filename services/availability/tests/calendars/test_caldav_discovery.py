"""How calendars are found: at a real server, and at hosts like those of iCloud."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import caldav
import pytest
import trustme
from aiohttp import web
from libs.common.tests.egress.clients import LOOPBACK
from libs.common.tests.egress.nameserver import name_server
from libs.common.tests.egress.receivers import Receiver, Talk, listening, serving
from services.availability.tests.calendars.scripted import (
    ScriptedServer,
    delivered,
    found,
    listed,
    multistatus,
    token,
)

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.port import (
    Calendar,
    CalendarError,
    Gone,
    Invalid,
    OtherHost,
    Transient,
    Unauthorized,
)
from linktime_availability.calendars.presets import other_hosts_of
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_local.servers.caldav import CalDavAccount as ServerAccount

PRINCIPAL = "<D:current-user-principal><D:href>{}</D:href></D:current-user-principal>"
HOME = "<C:calendar-home-set><D:href>{}</D:href></C:calendar-home-set>"
CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
FOLDER = "<D:resourcetype><D:collection/></D:resourcetype>"


@pytest.mark.parametrize("path", ["", "{user}/", "{user}/work/", "{user}/work"])
async def test_any_address_of_a_real_server_will_do(
    guarded: GuardedClient, caldav_account: ServerAccount, path: str
) -> None:
    """The server's, the user's, the calendar's; calendars that take no events are left out."""
    server = caldav_account.url.removesuffix(f"{caldav_account.user}/work/")

    def add(name: str, components: list[str]) -> None:
        with caldav.DAVClient(
            server, username=caldav_account.user, password=caldav_account.password
        ) as client:
            client.principal().make_calendar(
                name, cal_id=name, supported_calendar_component_set=components
            )

    await asyncio.to_thread(add, "Heim ☕", ["VEVENT", "VTODO"])
    await asyncio.to_thread(add, "tasks", ["VTODO"])
    url = server + path.format(user=caldav_account.user)
    account = CalDavAccount(url, caldav_account.user, caldav_account.password)
    found = await CalDavAdapter(guarded, account).list_calendars()
    assert {one.ref: (one.name, one.is_writable) for one in found} == {
        caldav_account.url: ("Work", True),
        f"{server}{caldav_account.user}/Heim%20%E2%98%95/": ("Heim ☕", True),
    }


async def test_another_users_address_is_refused(
    guarded: GuardedClient, caldav_account: ServerAccount
) -> None:
    """Only the user's own calendars are listed; and a folder that is not there is not found."""
    server = caldav_account.url.removesuffix(f"{caldav_account.user}/work/")
    account = CalDavAccount(f"{server}demo/", caldav_account.user, caldav_account.password)
    with contextlib.suppress(CalendarError):
        found = await CalDavAdapter(guarded, account).list_calendars()
        assert [one.ref for one in found] == [caldav_account.url]


async def test_the_properties_of_a_calendar(
    guarded: GuardedClient, scripted: ScriptedServer
) -> None:
    """Name, colour and rights, for calendars that take events."""

    def rights(*names: str) -> str:
        inner = "".join(f"<D:privilege><D:{name}/></D:privilege>" for name in names)
        return f"<D:current-user-privilege-set>{inner}</D:current-user-privilege-set>"

    components = "<C:supported-calendar-component-set>{}</C:supported-calendar-component-set>"
    colour = '<A:calendar-color xmlns:A="http://apple.com/ns/ical/">{}</A:calendar-color>'
    members = {
        "/home/": FOLDER,
        "/home/all/": CALENDAR + rights("read", "all") + colour.format("#FF2968FF"),
        "/home/parts": CALENDAR + rights("bind", "write-content") + colour.format("red"),
        "/home/read%2Fonly/": CALENDAR + rights("read", "write-properties"),
        "/home/named/": f"{CALENDAR}<D:displayname> A\n B&amp;C </D:displayname>",
        "/home/tasks/": CALENDAR + components.format('<C:comp name="VTODO"/>'),
        "/home/events/": CALENDAR + components.format('<C:comp name="vevent"/>'),
    }
    scripted.answer(
        found("/cal/", FOLDER + HOME.format("/home")),
        "".join(found(path, properties) for path, properties in members.items()),
    )
    base = f"{scripted.url}/home/"
    assert await scripted.adapter(guarded).list_calendars() == [
        Calendar(f"{base}all/", "all", "#ff2968", True),
        Calendar(f"{base}parts/", "parts", None, True),
        Calendar(f"{base}read%2Fonly/", "read%2Fonly", None, False),
        Calendar(f"{base}named/", "A B&C", None, True),
        Calendar(f"{base}events/", "events", None, True),
    ]


async def test_the_well_known_address(guarded: GuardedClient, scripted: ScriptedServer) -> None:
    """Is asked if the given address is no WebDAV, and its redirect keeps the password."""

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        if request.path == "/.well-known/caldav":
            return web.Response(status=301, headers={"Location": "/dav/"})
        answers = {
            "/dav/": found("/dav/", PRINCIPAL.format("/dav/p/")),
            "/dav/p/": found("/dav/p/", HOME.format("/dav/h/")),
            "/dav/h/": found("/dav/h/work/", CALENDAR),
        }
        if request.path in answers:
            return multistatus(answers[request.path])
        return web.Response(status=200, text="<html>Welcome</html>", content_type="text/html")

    scripted.respond = respond
    calendars = await scripted.adapter(guarded).list_calendars()
    assert [one.ref for one in calendars] == [f"{scripted.url}/dav/h/work/"]
    assert [(one.method, one.path) for one in scripted.requests] == [
        ("PROPFIND", path)
        for path in ("/cal/", "/.well-known/caldav", "/dav/", "/dav/p/", "/dav/h/")
    ]
    assert all(one.has_password for one in scripted.requests)


@pytest.mark.parametrize(
    ("status", "error", "asked"),
    [
        (401, Unauthorized, 1),
        (403, Unauthorized, 1),
        (404, Invalid, 2),
        (405, Invalid, 2),
        (200, Invalid, 2),
        (502, Transient, 1),
    ],
)
async def test_no_calendar_server(
    guarded: GuardedClient,
    scripted: ScriptedServer,
    status: int,
    error: type[CalendarError],
    asked: int,
) -> None:
    """A wrong password is sent once: some servers lock accounts."""
    scripted.answer(web.Response(status=status, text="<html>"))
    with pytest.raises(error):
        await scripted.adapter(guarded).list_calendars()
    assert len(scripted.requests) == asked


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


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[tuple[ScriptedServer, GuardedClient]]:
    """A server that is all of iCloud's hosts and another one, and a client that gets there."""
    theirs = ("caldav.icloud.com", "p12-caldav.icloud.com", "p12-evil.icloud.com")
    hosts = (*theirs, "evil.test", *(f"{host}.evil.test" for host in ("icloud.com", theirs[1])))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = serving(authority.issue_cert(*hosts))
    async with name_server() as names, ScriptedServer(tls) as server:
        names.zone |= {host: ["127.0.0.1"] for host in hosts}
        async with (
            listening(tunnel_to(server)) as proxy,
            Resolver(LOOPBACK, server=names.address) as resolver,
            GuardedClient(
                WayOut(
                    resolver, proxy=f"http://127.0.0.1:{proxy.port}", ca_file=tmp_path / "ca.pem"
                ),
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
            "/7/calendars/": found("/7/calendars/work/", CALENDAR),
        }
        if request.path in answers:
            return multistatus(answers[request.path])
        if "multiget" in body:
            return multistatus(delivered("/7/calendars/work/a.ics", "a"))
        return multistatus(listed("/7/calendars/work/a.ics") + token("one"))

    server.respond = respond
    adapter = icloud(client)
    (calendar,) = await adapter.list_calendars()
    assert calendar.ref == "https://p12-caldav.icloud.com/7/calendars/work/"

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
        assert raised.value.host == "evil.test"
        assert "evil.test" not in str(raised.value)
    strangers = [one for one in server.requests if one.headers["Host"] != "caldav.icloud.com"]
    assert not any(one.has_password for one in strangers)
    assert strangers == [] or how == "redirect"
