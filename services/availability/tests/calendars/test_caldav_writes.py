"""Conditional writes with a real server (Radicale), read back by another client."""

import asyncio

import caldav
import pytest
from aiohttp import web
from services.availability.tests.calendars.known import Store
from services.availability.tests.calendars.scripted import ScriptedServer, delivered, event

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.port import (
    CalendarError,
    Conflict,
    EventVersion,
    Gone,
    Invalid,
    RateLimited,
    Transient,
    Unauthorized,
)
from linktime_common.egress.client import GuardedClient
from linktime_local.servers.caldav import ServerAccount

UID = "0199f7a1-1111-7000-8000-000000000001@meet.example"


async def test_an_event_is_created_once_changed_and_deleted(
    radicale: CalDavAdapter, caldav_account: ServerAccount
) -> None:
    """Each with the version that the last write returned; a sync returns the same."""
    url = caldav_account.url
    first = await radicale.put_event(url, UID, event(UID), None)
    assert first.ref == "0199f7a1-1111-7000-8000-000000000001.ics"
    second = await radicale.put_event(url, UID, event(UID, summary="Moved"), first)
    assert (second.ref, second.version != first.version) == (first.ref, True)

    def summaries() -> list[str]:
        with caldav.DAVClient(
            url, username=caldav_account.user, password=caldav_account.password
        ) as client:
            events = client.calendar(url=url).events()
            return [str(one.icalendar_component["summary"]) for one in events]

    assert await asyncio.to_thread(summaries) == ["Moved"]
    synced = await Store(radicale, url).sync()
    assert [(one.ref, one.version) for one in synced.changed] == [(second.ref, second.version)]
    await radicale.delete_event(url, second)
    assert await asyncio.to_thread(summaries) == []


async def test_conflicts(radicale: CalDavAdapter, caldav_account: ServerAccount) -> None:
    """Created twice, an old version changed or deleted, the UID under another name."""
    url = caldav_account.url
    old = await radicale.put_event(url, UID, event(UID), None)
    with pytest.raises(Conflict):
        await radicale.put_event(url, UID, event(UID), None)
    new = await radicale.put_event(url, UID, event(UID, summary="Moved"), old)
    with pytest.raises(Conflict):
        await radicale.put_event(url, UID, event(UID), old)
    with pytest.raises(Conflict):
        await radicale.delete_event(url, old)
    with pytest.raises(Conflict):  # 409: Radicale has the UID under the first name
        await radicale.put_event(url, "other@test", event(UID), None)
    found = await radicale.find_event(url, UID)
    assert found is not None
    assert (found.ref, found.version) == (new.ref, new.version)
    await radicale.delete_event(url, new)
    with pytest.raises(Gone):
        await radicale.delete_event(url, new)
    assert await radicale.find_event(url, UID) is None


async def test_an_event_under_another_name_is_found_by_its_uid(
    radicale: CalDavAdapter, caldav_account: ServerAccount
) -> None:
    """An exact UID, also if it is folded over two lines; a part of one is another event's."""
    url = caldav_account.url
    long = "long-" + "x" * 80 + "@test"
    for uid in ("abc@test", long):
        folded = event(uid).replace(b"x" * 60, b"x" * 50 + b"\r\n " + b"x" * 10)
        await radicale.put_event(url, f"name-{uid[:3]}", folded, None)
    for uid in ("abc@test", long):
        found = await radicale.find_event(url, uid)
        assert found is not None
        assert found.ref == f"name-{uid[:3]}.ics"
    for uid in ("bc@test", "abc", "ABC@test", "<&'\">", "ä%"):
        assert await radicale.find_event(url, uid) is None


@pytest.mark.parametrize(
    "uid", ["../../other/meetings/x", "a/b@test", "a\r\nb@test", "a\\b", "x" * 1_000]
)
async def test_a_uid_that_cannot_be_a_name(
    radicale: CalDavAdapter, caldav_account: ServerAccount, uid: str
) -> None:
    with pytest.raises(Invalid):
        await radicale.put_event(caldav_account.url, uid, event(uid), None)


async def test_a_server_that_gives_no_version_after_a_write(
    guarded: GuardedClient, scripted: ScriptedServer
) -> None:
    """The version is asked for; without one, the event is never changed blindly."""
    adapter = scripted.adapter(guarded)
    made, stored = web.Response(status=201), delivered("/cal/one.ics", "one@test", 'W/"7"')
    scripted.answer(made, stored, web.Response(status=204))
    written = await adapter.put_event(scripted.calendar, "one@test", event("one@test"), None)
    assert written == EventVersion("one.ics", '"7"')
    await adapter.delete_event(scripted.calendar, written)
    assert scripted.requests[-1].headers["If-Match"] == '"7"'
    scripted.answer(made, delivered("/cal/one.ics", "one@test", "a\nb"))
    written = await adapter.put_event(scripted.calendar, "one@test", event("one@test"), written)
    assert written == EventVersion("one.ics", "")
    count = len(scripted.requests)
    with pytest.raises(Invalid, match="gives no versions"):
        await adapter.delete_event(scripted.calendar, written)
    assert len(scripted.requests) == count


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthorized),
        (403, Invalid),
        (404, Gone),
        (409, Conflict),
        (410, Gone),
        (412, Conflict),
        (413, Invalid),
        (429, RateLimited),
        (500, Transient),
        (503, Transient),
        (507, Transient),
    ],
)
async def test_refused_writes(
    guarded: GuardedClient, scripted: ScriptedServer, status: int, error: type[CalendarError]
) -> None:
    """Each is sent once, and its sentence contains nothing of the answer or the address."""
    adapter = scripted.adapter(guarded)
    scripted.answer(web.Response(status=status, text="secret-1"))
    expected = EventVersion("one.ics", '"1"')
    for call in (
        adapter.put_event(scripted.calendar, "one@test", event("one@test"), expected),
        adapter.delete_event(scripted.calendar, expected),
    ):
        with pytest.raises(error) as raised:
            await call
        assert type(raised.value) is error
        assert not {"secret-1", "127.0.0.1", "ann"} & set(str(raised.value).split())
    assert [one.method for one in scripted.requests] == ["PUT", "DELETE"]
    assert [one.headers["If-Match"] for one in scripted.requests] == ['"1"', '"1"']


async def test_the_server_says_when_to_come_back(
    guarded: GuardedClient, scripted: ScriptedServer
) -> None:
    """429 and 503, in seconds or as a date; for too long is a day."""
    adapter = scripted.adapter(guarded)
    cases = [(429, "120", 120), (503, "7", 7), (429, "never", None), (429, "9" * 30, 86_400)]
    for status, header, seconds in cases:
        scripted.answer(web.Response(status=status, headers={"Retry-After": header}))
        with pytest.raises(RateLimited) as raised:
            await adapter.list_calendars()
        assert raised.value.retry_after_seconds == seconds
