"""Servers that lack something, forget, or answer in parts."""

from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web
from services.availability.tests.calendars.known import Store
from services.availability.tests.calendars.scripted import (
    CALENDAR,
    Got,
    ScriptedServer,
    delivered,
    found,
    listed,
    multistatus,
    stated,
    token,
)

from linktime_availability.calendars.port import (
    CalendarError,
    Forbidden,
    Gone,
    Invalid,
    RateLimited,
    Transient,
    Unauthorized,
)
from linktime_common.egress.client import GuardedClient


@pytest.fixture
def store(guarded: GuardedClient, scripted: ScriptedServer) -> Store:
    return Store(scripted.adapter(guarded), scripted.calendar)


FULL = "HTTP/1.1 507 Insufficient Storage"
BUSY = "HTTP/1.1 503 Service Unavailable"


class Plain:
    """A calendar without sync tokens; `ctag` None is one without a collection tag, too."""

    def __init__(self, server: ScriptedServer, *, refuses: int = 403) -> None:
        self.versions: dict[str, str] = {}
        self.ctag: str | None = "1"
        self.refuses = refuses
        self.own = [found("/cal/", CALENDAR)]
        self.failing: set[str] = set()
        server.respond = self.respond

    async def respond(self, request: web.BaseRequest, body: str) -> web.StreamResponse:
        if "sync-collection" in body:
            return web.Response(status=self.refuses)
        if "multiget" in body:
            return multistatus("".join(self._delivered(body)))
        if request.headers["Depth"] == "0":
            tag = f'<S:getctag xmlns:S="http://calendarserver.org/ns/">{self.ctag}</S:getctag>'
            return multistatus(found("/cal/", tag if self.ctag else ""))
        return multistatus("".join([*self.own, *(listed(*one) for one in self.versions.items())]))

    def _delivered(self, body: str) -> list[str]:
        return [
            stated(path, BUSY) if path in self.failing else delivered(path, path, version)
            for path, version in self.versions.items()
            if f">{path}<" in body
        ]


def kinds(requests: list[Got]) -> list[str]:
    """Return what was asked, in short."""
    words = ("sync-collection", "multiget", "getctag", "getetag")
    return [next(word for word in words if word in one.body) for one in requests]


@pytest.mark.parametrize("refuses", [400, 403, 405, 415, 501, 507])
async def test_without_tokens_the_collection_tag_is_enough(
    store: Store, scripted: ScriptedServer, refuses: int
) -> None:
    """The report is tried once, the list is read when the tag differs, and nothing else."""
    calendar = Plain(scripted, refuses=refuses)
    calendar.versions = {"/cal/a.ics": '"1"', "/cal/b.ics": '"1"'}
    assert len((await store.sync()).changed) == 2
    assert kinds(scripted.requests) == ["sync-collection", "getctag", "getetag", "multiget"]
    scripted.requests.clear()
    assert (await store.sync()).changed == ()
    assert kinds(scripted.requests) == ["getctag"]
    scripted.requests.clear()
    calendar.versions, calendar.ctag = {"/cal/b.ics": '"2"', "/cal/c.ics": '"1"'}, "2"
    changes = await store.sync()
    assert sorted(one.ref for one in changes.changed) == ["b.ics", "c.ics"]
    assert changes.removed == ("a.ics",)
    assert kinds(scripted.requests) == ["getctag", "getetag", "multiget"]


async def test_without_tokens_and_tags_versions_are_compared(
    store: Store, scripted: ScriptedServer
) -> None:
    calendar = Plain(scripted)
    calendar.ctag, calendar.versions = None, {"/cal/a.ics": '"1"', "/cal/b.ics": ""}
    assert len((await store.sync()).changed) == 2
    scripted.requests.clear()
    changes = await store.sync()
    assert [one.ref for one in changes.changed] == ["b.ics"]  # without a version: always read
    assert kinds(scripted.requests) == ["getctag", "getetag", "multiget"]


@pytest.mark.parametrize(
    "own",
    [
        [],
        [stated("/cal/", "HTTP/1.1 404 Not Found")],
        [stated("/cal/", BUSY)],
        [found("/cal/", CALENDAR), stated("/cal/", FULL)],
        [found("/cal/", CALENDAR), stated("/elsewhere/cal/", FULL)],
    ],
)
async def test_a_list_that_may_be_incomplete_is_not_believed(
    store: Store, scripted: ScriptedServer, own: list[str]
) -> None:
    """It lacks the calendar itself, or ends early: what is missing would be free time."""
    calendar = Plain(scripted)
    calendar.versions = {"/cal/a.ics": '"1"'}
    await store.sync()
    calendar.versions, calendar.ctag, calendar.own = {}, "2", own
    with pytest.raises(Invalid):
        await store.sync()
    assert list(store.objects) == ["a.ics"]


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "503 Busy"])
async def test_a_refusal_with_a_token_is_not_believed(
    store: Store, scripted: ScriptedServer, status: str
) -> None:
    """The report of changes says nothing of the events, so the other way is tried."""
    calendar = Plain(scripted)
    calendar.versions = {"/cal/a.ics": '"1"'}
    plain = calendar.respond

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        if "sync-collection" in body:
            return multistatus(stated("/cal/", f"HTTP/1.1 {status}") + token("one"))
        return await plain(request, body)

    scripted.respond = respond
    changes = await store.sync()
    assert [one.ref for one in changes.changed] == ["a.ics"]
    assert not orjson.loads(changes.state)["token"]


async def test_an_answer_without_a_token_is_not_believed(
    store: Store, scripted: ScriptedServer
) -> None:
    """It may be that of a proxy; the other way is tried."""
    calendar = Plain(scripted)
    calendar.versions = {"/cal/a.ics": '"1"'}
    plain = calendar.respond

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        return multistatus("") if "sync-collection" in body else await plain(request, body)

    scripted.respond = respond
    assert [one.ref for one in (await store.sync()).changed] == ["a.ics"]


async def test_a_truncated_list_is_continued(store: Store, scripted: ScriptedServer) -> None:
    """RFC 6578: the calendar itself has the status 507, and the token leads on."""
    more = stated("/cal/", FULL)
    scripted.answer(
        listed("/cal/a.ics") + more + token("one"),
        listed("/cal/b.ics") + stated("/cal/c.ics", "HTTP/1.1 404 Not Found") + token("two"),
        delivered("/cal/a.ics", "a") + delivered("/cal/b.ics", "b"),
    )
    changes = await store.sync()
    assert sorted(one.ref for one in changes.changed) == ["a.ics", "b.ics"]
    assert changes.removed == ("c.ics",)
    assert "<D:sync-token>one</D:sync-token>" in scripted.requests[1].body
    assert orjson.loads(changes.state)["token"] == "two"


@pytest.mark.parametrize("ends", [False, True])
async def test_a_list_that_never_ends(store: Store, scripted: ScriptedServer, ends: bool) -> None:
    """The same token again ends it at once, ever new ones after a number of pages."""

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        number = 0 if ends else len(scripted.requests)
        more = stated("/cal/", FULL)
        return multistatus(more + token(f"t{number}"))

    scripted.respond = respond
    with pytest.raises(Invalid, match="does not end"):
        await store.sync()
    assert len(scripted.requests) == (2 if ends else 200)


@pytest.mark.parametrize("status", [400, 403, 409, 410, 412, 507])
async def test_a_forgotten_token_lists_everything(
    store: Store, scripted: ScriptedServer, status: int
) -> None:
    """Whatever the server calls it; stored objects that are missing are removed."""
    both = listed("/cal/a.ics") + listed("/cal/b.ics") + token("one")
    scripted.answer(both, delivered("/cal/a.ics", "a") + delivered("/cal/b.ics", "b"))
    await store.sync()
    valid = '<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>'
    scripted.answer(
        web.Response(status=status, text=valid),
        listed("/cal/b.ics") + listed("/cal/c.ics") + token("two"),
        delivered("/cal/c.ics", "c"),
    )
    changes = await store.sync()
    assert ([one.ref for one in changes.changed], changes.removed) == (["c.ics"], ("a.ics",))


async def test_objects_that_are_not_delivered(store: Store, scripted: ScriptedServer) -> None:
    """Refused, left out, empty: unreadable, never free. Deleted meanwhile: removed."""
    names = ("ok", "refused", "left-out", "empty", "deleted", "failed")
    empty = found("/cal/empty.ics", "<D:getetag>1</D:getetag><C:calendar-data/>")
    scripted.answer(
        "".join(listed(f"/cal/{name}.ics") for name in names)
        + stated("/cal/locked.ics", "HTTP/1.1 423 Locked")
        + stated("/cal/odd.ics", "what?")
        + token("one"),
        delivered("/cal/ok.ics", "ok")
        + stated("/cal/refused.ics", "HTTP/1.1 403 Forbidden")
        + empty
        + stated("/cal/deleted.ics", "HTTP/1.1 404 Not Found")
        + found("/cal/failed.ics", "<C:calendar-data/>", status="HTTP/1.1 500 Oh"),
    )
    changes = await store.sync()
    assert [one.ref for one in changes.changed] == ["ok.ics"]
    assert changes.removed == ("deleted.ics",)
    unreadable = ["empty", "failed", "left-out", "locked", "odd", "refused"]
    assert sorted(changes.unreadable) == [f"{name}.ics" for name in unreadable]


async def test_an_object_that_becomes_unreadable_is_not_removed(
    store: Store, scripted: ScriptedServer
) -> None:
    """In a complete list, in which everything that is missing is removed."""
    scripted.answer(listed("/cal/a.ics") + token("one"), delivered("/cal/a.ics", "a"))
    await store.sync()
    locked = stated("/cal/a.ics", "HTTP/1.1 423 Locked")
    scripted.answer(web.Response(status=403), locked + token("two"))
    changes = await store.sync()
    assert (changes.removed, changes.unreadable) == ((), ("a.ics",))


@pytest.mark.parametrize(
    ("in_list", "withheld"),
    [
        (listed("/cal/b.ics"), stated("/cal/b.ics", BUSY)),
        (listed("/cal/b.ics"), stated("/cal/b.ics", "HTTP/1.1 429 Slow Down")),
        (listed("/cal/b.ics"), found("/cal/b.ics", "<C:calendar-data/>", status=BUSY)),
        (listed("/cal/b.ics"), stated("/cal/", FULL)),
        (stated("/cal/b.ics", BUSY), stated("/cal/b.ics", BUSY)),
    ],
)
async def test_an_object_that_fails_is_asked_for_until_it_is_delivered(
    store: Store, scripted: ScriptedServer, in_list: str, withheld: str
) -> None:
    """The token leads past it; others are read meanwhile."""
    scripted.answer(
        listed("/cal/a.ics") + in_list + token("one"), delivered("/cal/a.ics", "a") + withheld
    )
    assert (await store.sync()).unreadable == ("b.ics",)
    scripted.answer(listed("/cal/c.ics") + token("two"), withheld + delivered("/cal/c.ics", "c"))
    changes = await store.sync()
    assert ([one.ref for one in changes.changed], changes.unreadable) == (["c.ics"], ("b.ics",))
    scripted.answer(token("three"), delivered("/cal/b.ics", "b"))
    changes = await store.sync()
    assert ([one.ref for one in changes.changed], changes.unreadable) == (["b.ics"], ())
    scripted.requests.clear()
    scripted.answer(token("four"))
    assert (await store.sync()).changed == ()
    assert (kinds(scripted.requests), store.asked) == (["sync-collection"], 1)


@pytest.mark.parametrize("listed_as_deleted", [False, True])
async def test_an_object_that_fails_and_is_deleted(
    store: Store, scripted: ScriptedServer, listed_as_deleted: bool
) -> None:
    scripted.answer(listed("/cal/a.ics") + token("one"), stated("/cal/a.ics", BUSY))
    await store.sync()
    deleted = stated("/cal/a.ics", "HTTP/1.1 404 Not Found")
    scripted.answer((deleted if listed_as_deleted else "") + token("two"), deleted)
    changes = await store.sync()
    assert (changes.removed, changes.unreadable) == (("a.ics",), ())
    assert orjson.loads(changes.state)["again"] == []


async def test_an_object_that_fails_while_the_collection_tag_stays(
    store: Store, scripted: ScriptedServer
) -> None:
    calendar = Plain(scripted)
    calendar.versions, calendar.failing = {"/cal/a.ics": '"1"', "/cal/b.ics": '"1"'}, {"/cal/b.ics"}
    assert (await store.sync()).unreadable == ("b.ics",)
    scripted.requests.clear()
    calendar.failing = set()
    assert [one.ref for one in (await store.sync()).changed] == ["b.ics"]
    assert (await store.sync()).changed == ()
    assert kinds(scripted.requests) == ["getctag", "multiget", "getctag"]


async def test_many_objects_that_fail(store: Store, scripted: ScriptedServer) -> None:
    """Their names would make the state long, so all versions are compared the next time."""
    calendar = Plain(scripted)
    calendar.versions = {f"/cal/{number}.ics": '"1"' for number in range(1_002)}
    calendar.failing = calendar.versions.keys() - {"/cal/0.ics"}
    assert len((await store.sync()).unreadable) == 1_001
    calendar.failing = set()
    scripted.requests.clear()
    assert len((await store.sync()).changed) == 1_001
    assert kinds(scripted.requests) == ["getctag", "getetag", *["multiget"] * 11]


@pytest.mark.parametrize(
    ("withheld", "error"),
    [
        (stated("/cal/b.ics", "HTTP/1.1 500 Oh"), Transient),
        (stated("/cal/b.ics", "HTTP/1.1 403 Forbidden"), Invalid),
        (found("/cal/b.ics", "<C:calendar-data/>"), Invalid),
        (found("/cal/b.ics", "<C:calendar-data/>", status=BUSY), Transient),
        (stated("/cal/", FULL), Transient),
        (stated("/cal/", BUSY), Transient),
        (stated("/cal/", "HTTP/1.1 403 Forbidden"), Invalid),
    ],
)
async def test_a_query_returns_all_or_nothing(
    store: Store, scripted: ScriptedServer, withheld: str, error: type[CalendarError]
) -> None:
    """What the server withholds could be the event that takes the time; a deleted one does not.

    Some servers say of the calendar that it is not found, if no event matches.
    """
    moment = datetime(2027, 1, 4, tzinfo=UTC)
    deleted = stated("/cal/c.ics", "HTTP/1.1 404 Not Found")
    scripted.answer(delivered("/cal/a.ics", "a") + deleted)
    assert len(await store.adapter.query(store.calendar, moment, moment)) == 1
    scripted.answer(delivered("/cal/a.ics", "a") + withheld)
    with pytest.raises(error):
        await store.adapter.query(store.calendar, moment, moment)
    scripted.answer(stated("/cal/", "HTTP/1.1 404 Not Found"))
    assert not await store.adapter.query(store.calendar, moment, moment)


async def test_a_batch_that_is_too_large_is_halved(store: Store, scripted: ScriptedServer) -> None:
    """Until one object remains; that one is unreadable, the others are read."""
    huge = "x" * (11 * 1024 * 1024)

    async def respond(request: web.BaseRequest, body: str) -> web.StreamResponse:
        paths = [f"/cal/{number}.ics" for number in range(5)]
        if "sync-collection" in body:
            return multistatus("".join(map(listed, paths)) + token("one"))
        asked = [path for path in paths if f">{path}<" in body]
        return multistatus(
            "".join(delivered(path, huge if path == "/cal/3.ics" else path) for path in asked)
        )

    scripted.respond = respond
    changes = await store.sync()
    assert [one.ref for one in changes.changed] == [f"{number}.ics" for number in (0, 1, 2, 4)]
    assert changes.unreadable == ("3.ics",)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthorized),
        (403, Forbidden),
        (404, Gone),
        (410, Gone),
        (423, Transient),
        (429, RateLimited),
        (500, Transient),
        (502, Transient),
        (200, Invalid),
        (204, Invalid),
        (301, Invalid),
    ],
)
async def test_statuses_of_reads(
    store: Store, scripted: ScriptedServer, status: int, error: type[CalendarError]
) -> None:
    """For each of the three ways, if the server answers to all the same."""
    scripted.answer(web.Response(status=status))
    adapter, calendar = store.adapter, store.calendar
    for state in (None, '{"token": "one"}', '{"has_tokens": false, "ctag": "1"}'):
        with pytest.raises(error):
            await adapter.sync(calendar, state, store.known)
    with pytest.raises(error):
        await adapter.find_event(calendar, "one@test")
