"""Calendar feeds from hosts that lie, change their answers, or attack."""

import asyncio
import gzip

import pytest
from aiohttp import web
from services.availability.tests.calendars.known import Store
from services.availability.tests.calendars.scripted import ScriptedServer, event

from linktime_availability.calendars.ics import IcsFeed
from linktime_availability.calendars.port import (
    Calendar,
    CalendarError,
    EventVersion,
    Gone,
    Invalid,
    RateLimited,
    Transient,
    Unauthorized,
)
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut

SECRET = "private-0a1b2c"
FEED = event("one@test").strip() + b"\r\n"
HTML = b"<!DOCTYPE html><html><body>Sign in</body></html>"


def feed(
    body: bytes = FEED, *, status: int = 200, kind: str = "text/calendar", **headers: str
) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(body=body, status=status, content_type=kind, headers=named)


@pytest.fixture
def store(guarded: GuardedClient, scripted: ScriptedServer) -> Store:
    url = f"{scripted.url}/{SECRET}/basic.ics?token={SECRET}"
    return Store(IcsFeed(guarded, url), "feed")


async def test_a_feed_that_did_not_change(store: Store, scripted: ScriptedServer) -> None:
    """The server is asked with what it said about the last answer, also after several 304."""
    modified = "Mon, 04 Jan 2027 09:00:00 GMT"
    scripted.answer(feed(ETag='W/"1"', Last_Modified=modified), web.Response(status=304))
    changes = await store.sync()
    assert [(one.ref, one.data) for one in changes.changed] == [("feed", FEED)]
    for _ in range(2):
        changes = await store.sync()
        assert (changes.changed, changes.removed) == ((), ())
    for one in scripted.requests[1:]:
        assert (one.headers["If-None-Match"], one.headers["If-Modified-Since"]) == (
            'W/"1"',
            modified,
        )
    scripted.answer(feed(event("two@test"), ETag='"2"'))
    assert [b"two@test" in one.data for one in (await store.sync()).changed] == [True]


async def test_a_feed_that_is_the_same_without_a_tag(
    store: Store, scripted: ScriptedServer
) -> None:
    """Also if each event has the time of the request."""
    scripted.answer(feed(), feed(FEED.replace(b"DTSTAMP:20270101", b"DTSTAMP:20270102")))
    assert len((await store.sync()).changed) == 1
    assert (await store.sync()).changed == ()
    assert "If-None-Match" not in scripted.requests[1].headers


async def test_304_without_a_question_is_no_answer(store: Store, scripted: ScriptedServer) -> None:
    """It would leave the calendar empty."""
    scripted.answer(web.Response(status=304))
    with pytest.raises(Invalid):
        await store.sync()


async def test_a_tag_that_cannot_be_sent_back_is_dropped(
    store: Store, scripted: ScriptedServer
) -> None:
    scripted.answer(feed(ETag=f'"{"x" * 600}"', Last_Modified="ä"))
    await store.sync()
    await store.sync()
    assert not {"If-None-Match", "If-Modified-Since"} & scripted.requests[1].headers.keys()


@pytest.mark.parametrize("state", ["", "?", "[]", '{"etag": 3}'])
async def test_a_state_that_cannot_be_read(
    store: Store, scripted: ScriptedServer, state: str
) -> None:
    scripted.answer(feed())
    store.state = state
    assert len((await store.sync()).changed) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (FEED, "text/html"),
        (FEED, "application/octet-stream"),
        (b"\xef\xbb\xbf\r\n\r\n" + FEED, "text/plain"),
        (FEED.replace(b"\r\n", b"\n").rstrip(), "text/calendar"),
        (FEED.replace(b"VCALENDAR", b"vcalendar"), "text/calendar"),
        (FEED + FEED, "text/calendar"),
    ],
)
async def test_what_counts_is_the_text(
    store: Store, scripted: ScriptedServer, body: bytes, kind: str
) -> None:
    """Not the type that the server states."""
    scripted.answer(feed(body, kind=kind))
    (changed,) = (await store.sync()).changed
    assert changed.data[:15].upper() == b"BEGIN:VCALENDAR"


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        (HTML, Invalid, "web page"),
        (b"\n " + HTML, Invalid, "web page"),
        (b"", Invalid, "no iCalendar"),
        (b'{"error": "login"}', Invalid, "no iCalendar"),
        (b"\x89PNG\r\n", Invalid, "no iCalendar"),
        (FEED[:-20], Transient, "in the middle"),
    ],
)
async def test_other_bodies(
    store: Store,
    scripted: ScriptedServer,
    body: bytes,
    error: type[CalendarError],
    says: str,
) -> None:
    """A login page with status 200 is refused with advice; half a feed is asked for again."""
    scripted.answer(feed(body))
    for call in (store.sync(), store.adapter.list_calendars()):
        with pytest.raises(error, match=says) as raised:
            await call
        assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Gone),
        (410, Gone),
        (429, RateLimited),
        (500, Transient),
        (503, Transient),
        (204, Invalid),
        (206, Invalid),
        (300, Invalid),
        (418, Invalid),
    ],
)
async def test_statuses(
    store: Store, scripted: ScriptedServer, status: int, error: type[CalendarError]
) -> None:
    scripted.answer(feed(status=status))
    with pytest.raises(error) as raised:
        await store.sync()
    assert type(raised.value) is error
    assert SECRET not in str(raised.value)


async def test_redirects(store: Store, scripted: ScriptedServer) -> None:
    """Another host may have the feed; a forbidden address is not reached."""
    async with ScriptedServer() as other:
        other.answer(feed())
        scripted.answer(web.Response(status=302, headers={"Location": f"{other.url}/x.ics"}))
        assert len((await store.sync()).changed) == 1
    for where in ("http://169.254.169.254/latest", "file:///etc/passwd", f"/{SECRET}/basic.ics"):
        scripted.answer(web.Response(status=302, headers={"Location": where}))
        with pytest.raises(Invalid) as raised:
            await store.sync()
        assert SECRET not in str(raised.value)


@pytest.mark.parametrize("compressed", [False, True])
async def test_fifty_megabytes(store: Store, scripted: ScriptedServer, compressed: bool) -> None:
    """Are not read to their end; compressed ones are counted as they unfold."""
    body = b"BEGIN:VCALENDAR\r\n" + b" " * 50 * 1024 * 1024
    if compressed:
        scripted.answer(feed(gzip.compress(body), Content_Encoding="gzip"))
    else:
        scripted.answer(feed(body))
    with pytest.raises(Invalid, match="10 MB"):
        await store.sync()


async def test_a_host_that_drips(guarded: GuardedClient, scripted: ScriptedServer) -> None:
    stop = asyncio.Event()

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not stop.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    scripted.respond = respond
    try:
        with pytest.raises(Transient):
            await Store(IcsFeed(guarded, scripted.url, call_seconds=0.5), "feed").sync()
    finally:
        stop.set()


async def test_a_feed_describes_itself(store: Store, scripted: ScriptedServer) -> None:
    """Name and colour; a name may be folded, escaped and far too long."""
    name = b"X-WR-CALNAME;LANGUAGE=de:Arbeit\\, und\\n B\xc3\xbc\r\n ro " + b"x" * 500 + b"\r\n"
    colour = b"X-APPLE-CALENDAR-COLOR:#FF2968\r\n"
    head, rest = FEED.split(b"BEGIN:VEVENT", 1)
    scripted.answer(feed(head + name + colour + b"BEGIN:VEVENT" + rest), feed())
    (named,) = await store.adapter.list_calendars()
    assert named.name.startswith("Arbeit, und Büro xxx")
    assert (named.ref, named.colour, len(named.name)) == ("feed", "#ff2968", 200)
    assert await store.adapter.list_calendars() == [Calendar("feed", "Calendar feed", None, False)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("A\0B", "A B"), ("\u202eA\u2066B", "A B"), ("\0", "Calendar feed"), ("\ufffd", "\ufffd")],
)
async def test_a_name_has_no_control_characters(
    store: Store, scripted: ScriptedServer, name: str, shown: str
) -> None:
    """The database takes no NUL, and an override would turn the line around it."""
    head, rest = FEED.split(b"BEGIN:VEVENT", 1)
    line = f"X-WR-CALNAME:{name}\r\n".encode()
    scripted.answer(feed(head + line + b"BEGIN:VEVENT" + rest))
    (named,) = await store.adapter.list_calendars()
    assert named.name == shown


async def test_a_feed_cannot_be_written(store: Store, scripted: ScriptedServer) -> None:
    adapter, version = store.adapter, EventVersion("feed", "1")
    for call in (
        adapter.put_event("feed", "one@test", FEED, None),
        adapter.delete_event("feed", version),
        adapter.find_event("feed", "one@test"),
    ):
        with pytest.raises(Invalid, match="only be read"):
            await call
    assert scripted.requests == []


def test_webcal_means_https(guarded: GuardedClient) -> None:
    """In any spelling; other schemes and addresses that cannot be used are refused."""
    for url in ("webcal://a.test/x.ics", "WEBCAL://a.test/x.ics", "webcals://a.test/x.ics"):
        assert IcsFeed(guarded, url)._url == "https://a.test/x.ics"
    for url in (
        "",
        "ftp://a.test/x",
        "webcal:x",
        "https://u:p@a.test/x",
        f"x{SECRET}",
        "webcal://",
    ):
        with pytest.raises(Invalid) as raised:
            IcsFeed(guarded, url)
        assert SECRET not in str(raised.value)


async def test_plain_http_is_refused_unless_allowed(scripted: ScriptedServer) -> None:
    """And an address of this machine, unless the operator allows it."""
    for allow_http in (False, True):
        async with (
            Resolver(()) as resolver,
            GuardedClient(WayOut(resolver), allow_http=allow_http) as client,
        ):
            with pytest.raises(Invalid):
                await IcsFeed(client, scripted.url).list_calendars()
    assert scripted.requests == []
