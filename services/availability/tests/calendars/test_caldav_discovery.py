"""How calendars are found: at a real server, and at hosts like those of iCloud."""

import asyncio

import caldav
import pytest
from aiohttp import web
from services.availability.tests.calendars.scripted import (
    CALENDAR,
    HOME,
    PRINCIPAL,
    ScriptedServer,
    found,
    multistatus,
    stated,
)

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.port import (
    Calendar,
    CalendarError,
    Invalid,
    Transient,
    Unauthorized,
)
from linktime_common.egress.client import GuardedClient
from linktime_local.servers.caldav import ServerAccount

FOLDER = "<D:resourcetype><D:collection/></D:resourcetype>"


@pytest.mark.parametrize("path", ["", "{user}/", "{user}/meetings/", "{user}/meetings"])
async def test_any_address_of_a_real_server_will_do(
    guarded: GuardedClient, caldav_account: ServerAccount, path: str
) -> None:
    """The server's, the user's, the calendar's; calendars that take no events are left out."""
    server = caldav_account.url.removesuffix(f"{caldav_account.user}/meetings/")

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
        caldav_account.url: ("Meetings", True),
        f"{server}{caldav_account.user}/Heim%20%E2%98%95/": ("Heim ☕", True),
    }


async def test_another_users_address_leads_to_the_own_calendars(
    guarded: GuardedClient, caldav_account: ServerAccount
) -> None:
    """It is forbidden, so the server is asked for the user's own."""
    server = caldav_account.url.removesuffix(f"{caldav_account.user}/meetings/")
    account = CalDavAccount(f"{server}demo/", caldav_account.user, caldav_account.password)
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
            "/dav/h/": found("/dav/h/meetings/", CALENDAR),
        }
        if request.path in answers:
            return multistatus(answers[request.path])
        return web.Response(status=200, text="<html>Welcome</html>", content_type="text/html")

    scripted.respond = respond
    calendars = await scripted.adapter(guarded).list_calendars()
    assert [one.ref for one in calendars] == [f"{scripted.url}/dav/h/meetings/"]
    assert [(one.method, one.path) for one in scripted.requests] == [
        ("PROPFIND", path)
        for path in ("/cal/", "/.well-known/caldav", "/dav/", "/dav/p/", "/dav/h/")
    ]
    assert all(one.has_password for one in scripted.requests)


@pytest.mark.parametrize(
    ("status", "error", "asked"),
    [
        (401, Unauthorized, 1),
        (403, Unauthorized, 2),
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


async def test_a_forbidden_root_does_not_hide_the_well_known_address(
    guarded: GuardedClient, scripted: ScriptedServer
) -> None:
    """Nor the other way round."""
    for open_path in ("/cal/", "/.well-known/caldav"):

        async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
            is_open = request.path == open_path  # noqa: B023
            return multistatus(found("/cal/", CALENDAR)) if is_open else web.Response(status=403)

        scripted.respond = respond
        assert len(await scripted.adapter(guarded).list_calendars()) == 1


async def test_a_list_of_calendars_that_ends_early(
    guarded: GuardedClient, scripted: ScriptedServer
) -> None:
    """A calendar that is missing would never be read."""
    calendar = found("/home/one/", CALENDAR)
    scripted.answer(
        found("/", HOME.format("/home/")),
        calendar + stated("/home/", "HTTP/1.1 507 Insufficient Storage"),
    )
    with pytest.raises(Invalid, match="did not list all calendars"):
        await scripted.adapter(guarded).list_calendars()
