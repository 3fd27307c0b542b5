"""Servers that attack: addresses, XML, sizes and slowness. Time and memory stay bounded."""

import asyncio
import re
from datetime import UTC, datetime

import pytest
from aiohttp import web
from services.availability.tests.calendars.known import Store
from services.availability.tests.calendars.scripted import (
    ScriptedServer,
    delivered,
    listed,
    multistatus,
    stated,
    token,
)

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount, CalDavTimeouts
from linktime_availability.calendars.port import (
    CalendarObject,
    EventVersion,
    Gone,
    Invalid,
    OtherHost,
    Transient,
)
from linktime_common.egress.client import GuardedClient


@pytest.fixture
def store(guarded: GuardedClient, scripted: ScriptedServer) -> Store:
    return Store(scripted.adapter(guarded), scripted.calendar)


async def test_objects_at_another_host_are_refused(
    store: Store, scripted: ScriptedServer, guarded: GuardedClient
) -> None:
    """In each kind of answer; nothing is asked of that host."""
    async with ScriptedServer() as other:
        for answers in (
            [listed(f"{other.url}/cal/a.ics") + token("one")],
            [listed("/cal/a.ics") + token("one"), delivered(f"{other.url}/cal/a.ics", "a")],
        ):
            scripted.answer(*answers)
            with pytest.raises(OtherHost):
                await store.sync()
        assert other.requests == []


async def test_absolute_addresses_of_the_same_host_are_read(
    store: Store, scripted: ScriptedServer
) -> None:
    own = f"{scripted.url}/cal/a.ics"
    scripted.answer(listed(own) + token("one"), delivered(own, "a"))
    assert [one.ref for one in (await store.sync()).changed] == ["a.ics"]


@pytest.mark.parametrize("method", ["sync", "query", "find", "put", "delete"])
async def test_a_redirect_to_another_origin(
    store: Store, scripted: ScriptedServer, method: str
) -> None:
    """Nothing is sent there; the error names it."""
    async with ScriptedServer() as other:
        where = f"{other.url}/cal/"
        scripted.answer(web.Response(status=308, headers={"Location": where}))
        other.answer(listed("/cal/a.ics") + token("one"))
        with pytest.raises(OtherHost, match=re.escape(other.url)):
            await _call(store, method)
        assert other.requests == []


async def _call(store: Store, method: str) -> None:
    adapter, calendar = store.adapter, store.calendar
    moment, version = datetime(2027, 1, 1, tzinfo=UTC), EventVersion("a.ics", '"1"')
    if method == "sync":
        await store.sync()
    elif method == "query":
        await adapter.query(calendar, moment, moment)
    elif method == "find":
        await adapter.find_event(calendar, "a@test")
    elif method == "put":
        await adapter.put_event(calendar, "a@test", b"", version)
    else:
        await adapter.delete_event(calendar, version)


@pytest.mark.parametrize("where", ["http://169.254.169.254/", "http://10.0.0.1/", "gopher://a/"])
async def test_a_redirect_to_a_forbidden_address(
    store: Store, scripted: ScriptedServer, where: str
) -> None:
    scripted.answer(web.Response(status=307, headers={"Location": where}))
    with pytest.raises(Invalid):
        await store.sync()
    assert len(scripted.requests) == 1


async def test_a_calendar_that_has_moved(store: Store, scripted: ScriptedServer) -> None:
    """The host chooses again: names at the new address would be new objects."""

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        if request.path == "/cal/":
            return web.Response(status=301, headers={"Location": "/new/"})
        return multistatus(listed("/new/a.ics") + token("one"))

    scripted.respond = respond
    with pytest.raises(Gone):
        await store.sync()


async def test_redirects_that_never_end(store: Store, scripted: ScriptedServer) -> None:
    scripted.answer(web.Response(status=308, headers={"Location": "/cal/"}))
    with pytest.raises(Invalid):
        await store.sync()
    assert len(scripted.requests) < 10


@pytest.mark.parametrize(
    "href",
    [
        "/cal/../secret.ics",
        "/cal/%2e%2e/secret.ics",
        "/cal/%2e%2e",
        "/cal/.",
        "/cal/a%2fb.ics",
        "/cal/a%5cb.ics",
        "/cal/a%00.ics",
        "/cal/a%0d%0aX-Y:z.ics",
        "/cal/deep/a.ics",
        "/other/a.ics",
        "/calx/a.ics",
        "a.ics/b",
        f"/cal/{'x' * 1_001}.ics",
    ],
)
async def test_hrefs_that_are_no_members_are_not_read(
    store: Store, scripted: ScriptedServer, href: str
) -> None:
    """They count as unreadable, and no request is sent for them; the others are read."""
    scripted.answer(
        listed("/cal/a.ics") + listed(href) + token("one"),
        delivered("/cal/a.ics", "a") + delivered(href, "b"),
    )
    changes = await store.sync()
    assert [one.ref for one in changes.changed] == ["a.ics"]
    assert len(changes.unreadable) <= 1
    assert len(scripted.requests) == 2
    assert scripted.requests[1].body.count("href>") == 2


@pytest.mark.parametrize(
    ("spellings", "ref"),
    [
        (("/cal/a%20b.ics", "/cal/a b.ics", "/cal/%61%20b.ics"), "a%20b.ics"),
        (("/cal/ü☕.ics", "/cal/%C3%BC%e2%98%95.ics"), "%C3%BC%E2%98%95.ics"),
        (("/cal/a@b.ics", "/cal/a%40b.ics", "a@b.ics"), "a%40b.ics"),
        (("/c%61l/a.ics", "/cal/a.ics", "/cal/./a.ics", "/x/../cal/a.ics"), "a.ics"),
        (("/cal/%FF.ics", "/cal/%ff.ics"), "%FF.ics"),
        (("/cal/a#b.ics", "/cal/a%23b.ics"), "a%23b.ics"),
        (("/cal/100%25.ics",), "100%25.ics"),
        (("/cal/a+b&amp;c.ics", "/cal/a%2Bb%26c.ics"), "a%2Bb%26c.ics"),
    ],
)
async def test_all_spellings_of_a_name_are_one_object(
    store: Store, scripted: ScriptedServer, spellings: tuple[str, ...], ref: str
) -> None:
    """In one answer or in different ones: a deletion in another spelling is noticed."""
    everything = "".join(map(listed, spellings)) + token("one")
    scripted.answer(everything, delivered(spellings[-1], "a"))
    assert [one.ref for one in (await store.sync()).changed] == [ref]
    for number, spelling in enumerate(spellings):
        store.objects[ref] = store.objects.get(ref) or (await _again(store, scripted, spelling))
        scripted.answer(stated(spelling, "HTTP/1.1 404 Not Found") + token(f"t{number}"))
        assert (await store.sync()).removed == (ref,)


async def _again(store: Store, scripted: ScriptedServer, href: str) -> CalendarObject:
    scripted.answer(listed(href) + token("again"), delivered(href, "a"))
    return (await store.sync()).changed[0]


async def test_present_and_deleted_in_one_answer_is_read_again(
    store: Store, scripted: ScriptedServer
) -> None:
    """In any order: what the server then delivers counts."""
    deleted = stated("/cal/a.ics", "HTTP/1.1 404 Not Found")
    for both in (listed("/cal/a.ics") + deleted, deleted + listed("/cal/a.ics")):
        scripted.answer(both + token("one"), delivered("/cal/a.ics", "a") + deleted)
        changes = await store.sync()
        assert ([one.ref for one in changes.changed], changes.removed) == (["a.ics"], ())


async def test_objects_that_were_not_asked_for_are_ignored(
    store: Store, scripted: ScriptedServer
) -> None:
    scripted.answer(
        listed("/cal/a.ics") + token("one"),
        delivered("/cal/a.ics", "a") + delivered("/cal/b.ics", "b"),
    )
    assert [one.ref for one in (await store.sync()).changed] == ["a.ics"]


async def test_fifty_megabytes(store: Store, scripted: ScriptedServer) -> None:
    """Are not read to their end, whether the length is stated or not."""
    sent = 0

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=207)
        await response.prepare(request)
        for _ in range(50):
            await response.write(b" " * 1024 * 1024)
            sent += 1
        return response

    scripted.respond = respond
    with pytest.raises(Invalid):
        await store.sync()
    assert sent < 50


async def test_too_many_objects(store: Store, scripted: ScriptedServer) -> None:
    many = "".join(listed(f"/cal/{number}.ics", "1") for number in range(20_001))
    scripted.answer(many + token("one"))
    with pytest.raises(Invalid, match="20000"):
        await store.sync()
    assert len(scripted.requests) == 1


async def test_a_server_that_drips(guarded: GuardedClient, scripted: ScriptedServer) -> None:
    """Each byte in time, the whole never: the call ends by its own limit."""
    stop = asyncio.Event()

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        response = web.StreamResponse(status=207)
        await response.prepare(request)
        while not stop.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    scripted.respond = respond
    adapter = scripted.adapter(guarded, seconds=0.5)
    try:
        with pytest.raises(Transient):
            await Store(adapter, scripted.calendar).sync()
        with pytest.raises(Transient):
            await adapter.list_calendars()
    finally:
        stop.set()


async def test_many_slow_answers_share_one_limit(
    guarded: GuardedClient, scripted: ScriptedServer
) -> None:
    """A list in ever more parts, each of which is in time."""

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        more = stated("/cal/", "HTTP/1.1 507 Insufficient Storage")
        return multistatus(more + token(f"t{len(scripted.requests)}"))

    scripted.respond = respond
    adapter = scripted.adapter(guarded, seconds=0.5)
    with pytest.raises(Transient):
        await Store(adapter, scripted.calendar).sync()
    assert len(scripted.requests) <= 6


@pytest.mark.parametrize(
    ("state", "silent"),
    [
        ('{"token": "one"}', "sync-collection"),
        ('{"token": "one"}', "multiget"),
        ('{"ctag": "1", "has_tokens": false}', "getctag"),
    ],
)
async def test_only_a_list_of_everything_may_take_long(
    guarded: GuardedClient, scripted: ScriptedServer, state: str, silent: str
) -> None:
    """Any other answer that does not come ends the reading: others wait for its place."""

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        if is_silent and silent in body:
            await asyncio.sleep(20)
        if "<D:sync-token/>" in body:
            await asyncio.sleep(1)
        return multistatus(listed("/cal/a.ics") + token("two"))

    scripted.respond, is_silent = respond, False
    account = CalDavAccount(scripted.calendar, "ann", "secret-1")
    store = Store(CalDavAdapter(guarded, account, CalDavTimeouts(0.5, 30)), scripted.calendar)
    await store.sync()
    store.state, is_silent = state, True
    async with asyncio.timeout(10):
        with pytest.raises(Transient):
            await store.sync()


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://a.test/", "https://u:p@a.test/", "//a"])
def test_addresses_that_cannot_be_used(guarded: GuardedClient, url: str) -> None:
    with pytest.raises(Invalid) as raised:
        CalDavAdapter(guarded, CalDavAccount(url, "ann", "secret-1"))
    assert "u:p" not in str(raised.value)


def test_a_user_name_that_cannot_be_sent(guarded: GuardedClient) -> None:
    with pytest.raises(Invalid):
        CalDavAdapter(guarded, CalDavAccount("https://a.test/", "a:b", "secret-1"))


def test_a_password_is_in_no_text() -> None:
    assert "secret-1" not in repr(CalDavAccount("https://a.test/", "ann", "secret-1"))
