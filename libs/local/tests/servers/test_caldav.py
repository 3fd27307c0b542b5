"""The private CalDAV server."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from linktime_local.servers.caldav import CalDavServer, ServerAccount
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.testing.engines import state_folder

EVENT = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//LinkTime//Test//EN\r\nBEGIN:VEVENT\r\n"
    b"UID:one\r\nDTSTAMP:20270101T000000Z\r\nDTSTART:20270104T090000Z\r\n"
    b"DTEND:20270104T100000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def call(
    http: aiohttp.ClientSession,
    account: ServerAccount,
    method: str,
    name: str = "",
    body: bytes | None = None,
) -> tuple[int, bytes]:
    headers = {"Authorization": account.authorization, "Depth": "0", "If-None-Match": "*"}
    async with http.request(method, account.url + name, data=body, headers=headers) as response:
        return response.status, await response.read()


async def test_events_are_kept_across_a_stop_and_a_kill(http: aiohttp.ClientSession) -> None:
    """At the same address, with the same password."""
    with state_folder("caldav with space") as folder:
        server = CalDavServer(folder / "state")
        await server.start()
        try:
            account = server.account()
            assert account.url == f"http://127.0.0.1:{server.port}/demo/meetings/"
            assert (await call(http, account, "PUT", "one.ics", EVENT))[0] == 201
            assert (await call(http, account, "PUT", "one.ics", EVENT))[0] == 412
            await server.stop()
            with pytest.raises(aiohttp.ClientError):
                await call(http, account, "GET", "one.ics")
            await server.start()
            assert server.account() == account
            assert b"SUMMARY:Dentist" in (await call(http, account, "GET", "one.ics"))[1]
            await server.kill()
            await server.start()
            assert b"SUMMARY:Dentist" in (await call(http, account, "GET", "one.ics"))[1]
        finally:
            await server.stop()


async def test_it_starts_although_a_user_deleted_the_calendar(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The calendar stays deleted."""
    server = CalDavServer(tmp_path / "state")
    await server.start()
    try:
        account = server.account()
        headers = {"Authorization": account.authorization}
        async with http.delete(account.url, headers=headers) as response:
            assert response.status == 200
        await server.stop()
        await server.start()
        assert (await call(http, account, "PROPFIND"))[0] == 404
    finally:
        await server.stop()


async def test_an_account_is_for_its_user_only(
    http: aiohttp.ClientSession, caldav_server: CalDavServer, caldav_account: ServerAccount
) -> None:
    """Each has an empty calendar; no other user and no other password reads it."""
    status, found = await call(http, caldav_account, "PROPFIND")
    assert (status, b"<C:calendar" in found) == (207, True)
    other = caldav_server.account()
    assert other.user != caldav_account.user
    cases = {
        403: replace(other, url=caldav_account.url),
        401: replace(caldav_account, password=other.password),
    }
    for expected, account in cases.items():
        assert (await call(http, account, "PROPFIND"))[0] == expected


async def test_its_files_are_its_owners_only(
    http: aiohttp.ClientSession, caldav_server: CalDavServer, caldav_account: ServerAccount
) -> None:
    """Passwords, settings and events."""
    await call(http, caldav_account, "PUT", "one.ics", EVENT)
    folder = caldav_server._state.path
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"users", "radicale.conf", "one.ics"} <= names
    modes = {path: path.stat().st_mode for path in folder.rglob("*")}
    assert [path for path, mode in modes.items() if mode & 0o077] == []


async def test_a_taken_port_is_refused(caldav_server: CalDavServer, tmp_path: Path) -> None:
    """With a sentence; and the folder can be used again."""
    taken = CalDavServer(tmp_path, port=caldav_server.port)
    for _ in range(2):
        with pytest.raises(ServerUnavailable, match="for The calendar server is taken"):
            await taken.start()
