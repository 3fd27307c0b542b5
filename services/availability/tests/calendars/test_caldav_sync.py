"""Synchronisation with a real server (Radicale); another client changes the calendar."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import caldav
import pytest
from services.availability.tests.calendars.known import Store
from services.availability.tests.calendars.scripted import event

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.port import Conflict, Gone, Transient, Unauthorized
from linktime_common.egress.client import GuardedClient
from linktime_local.servers.caldav import CalDavServer, ServerAccount

Other = Callable[[Callable[[caldav.Calendar], Any]], Awaitable[Any]]


@pytest.fixture
def other(caldav_account: ServerAccount) -> Other:
    """Another client (the package `caldav`), which does things in the same calendar."""

    def run(action: Callable[[caldav.Calendar], Any]) -> Any:
        with caldav.DAVClient(
            caldav_account.url, username=caldav_account.user, password=caldav_account.password
        ) as client:
            return action(client.calendar(url=caldav_account.url))

    async def act(action: Callable[[caldav.Calendar], Any]) -> Any:
        return await asyncio.to_thread(run, action)

    return act


@pytest.fixture
def store(radicale: CalDavAdapter, caldav_account: ServerAccount) -> Store:
    return Store(radicale, caldav_account.url)


async def test_each_sync_returns_what_another_client_did(store: Store, other: Other) -> None:
    """Nothing, an event, its change, its deletion; all versions are compared the first time."""
    first = await store.sync()
    assert (first.changed, first.removed, first.unreadable) == ((), (), ())
    made = await other(lambda calendar: calendar.add_event(event("one@test").decode()))
    added = await store.sync()
    assert [b"UID:one@test" in one.data for one in added.changed] == [True]
    assert (await store.sync()).changed == ()

    def change(calendar: caldav.Calendar) -> None:
        made.parent = calendar
        one = calendar.event_by_uid("one@test")
        one.data = event("one@test", summary="Moved").decode()
        one.save()

    await other(change)
    changed = await store.sync()
    assert [(one.ref, b"SUMMARY:Moved" in one.data) for one in changed.changed] == [
        (added.changed[0].ref, True)
    ]
    assert changed.changed[0].version != added.changed[0].version
    await other(lambda calendar: calendar.event_by_uid("one@test").delete())
    assert (await store.sync()).removed == (added.changed[0].ref,)
    assert (store.objects, store.asked) == ({}, 1)


def _uid_of(found: caldav.CalendarObjectResource) -> str:
    return str(found.icalendar_component["uid"])


async def test_both_clients_see_the_same(store: Store, other: Other) -> None:
    """The whole calendar, and those events of a day; more than one batch."""

    def fill(calendar: caldav.Calendar) -> None:
        for number in range(120):
            hour = number % 20
            calendar.add_event(event(f"e{number}@test", hour=hour).decode(), no_overwrite=False)

    await other(fill)
    await store.sync()
    seen = await other(lambda calendar: sorted(_uid_of(one) for one in calendar.events()))
    assert len(seen) == 120
    assert sorted(_uids(store)) == seen
    since, until = (datetime(2027, 1, 4, hour, tzinfo=UTC) for hour in (9, 10))
    found = await store.adapter.query(store.calendar, since, until)
    theirs = await other(
        lambda calendar: calendar.search(start=since, end=until, event=True, expand=False)
    )
    assert len(found) == 6
    assert sorted(_uid(one.data) for one in found) == sorted(map(_uid_of, theirs))


def _uids(store: Store) -> list[str]:
    return [_uid(one.data) for one in store.objects.values()]


def _uid(data: bytes) -> str:
    return data.split(b"UID:")[1].split(b"\n")[0].strip().decode()


async def test_a_forgotten_token_loses_no_change(
    store: Store, other: Other, caldav_server: CalDavServer, caldav_account: ServerAccount
) -> None:
    """Everything is listed, but only what differs is fetched."""
    for uid in ("kept@test", "gone@test"):
        await other(lambda calendar, uid=uid: calendar.add_event(event(uid).decode()))
    await store.sync()
    await other(lambda calendar: calendar.event_by_uid("gone@test").delete())
    await other(lambda calendar: calendar.add_event(event("new@test").decode()))
    folder = caldav_server._state.path / "collections/collection-root" / caldav_account.user
    await asyncio.to_thread(shutil.rmtree, folder / "meetings/.Radicale.cache/sync-token")
    changes = await store.sync()
    assert [_uid(one.data) for one in changes.changed] == ["new@test"]
    assert len(changes.removed) == 1
    assert sorted(_uids(store)) == ["kept@test", "new@test"]
    assert store.asked == 2
    assert (await store.sync()).changed == ()


async def test_a_state_that_cannot_be_read_starts_again(store: Store, other: Other) -> None:
    await other(lambda calendar: calendar.add_event(event("one@test").decode()))
    await store.sync()
    for broken in ("", "?", '{"token": 1}', '{"token": "http://example.com/never"}'):
        store.state = broken
        assert (await store.sync()).changed == ()
        assert len(store.objects) == 1


async def test_a_deleted_calendar_is_gone(store: Store, other: Other) -> None:
    """Its events are not reported as removed. A write conflicts; the search then says why."""
    await other(lambda calendar: calendar.add_event(event("one@test").decode()))
    await store.sync()
    await other(lambda calendar: calendar.delete())
    with pytest.raises(Gone):
        await store.sync()
    with pytest.raises(Conflict):
        await store.adapter.put_event(store.calendar, "two@test", event("two@test"), None)
    with pytest.raises(Gone):
        await store.adapter.find_event(store.calendar, "two@test")


async def test_a_changed_password(
    guarded: GuardedClient, store: Store, caldav_account: ServerAccount
) -> None:
    """Each call says so, and the state is still right with the new one."""
    await store.sync()
    account = CalDavAccount(caldav_account.url, caldav_account.user, "another")
    refused = replace(store, adapter=CalDavAdapter(guarded, account))
    with pytest.raises(Unauthorized):
        await refused.sync()
    with pytest.raises(Unauthorized):
        await refused.adapter.list_calendars()
    with pytest.raises(Unauthorized):
        await refused.adapter.put_event(store.calendar, "two@test", event("two@test"), None)
    assert (await store.sync()).changed == ()


async def test_a_stopped_server_is_transient(
    store: Store, other: Other, caldav_server: CalDavServer
) -> None:
    """And after its start the kept state is used."""
    await other(lambda calendar: calendar.add_event(event("one@test").decode()))
    await store.sync()
    await caldav_server.stop()
    try:
        with pytest.raises(Transient):
            await store.sync()
    finally:
        await caldav_server.start()
    await other(lambda calendar: calendar.add_event(event("two@test").decode()))
    assert [_uid(one.data) for one in (await store.sync()).changed] == ["two@test"]
    assert store.asked == 1
