"""Answers whose XML attacks the parser."""

import time

import pytest
from aiohttp import web
from services.availability.tests.calendars.known import Store
from services.availability.tests.calendars.scripted import (
    NAMES,
    ScriptedServer,
    found,
    listed,
    token,
)

from linktime_availability.calendars.caldav.addresses import Members, TrustedAddresses
from linktime_availability.calendars.caldav.multistatus import MOST_MEMBERS, read_multistatus
from linktime_availability.calendars.port import Invalid
from linktime_common.egress.client import GuardedClient


@pytest.fixture
def store(guarded: GuardedClient, scripted: ScriptedServer) -> Store:
    return Store(scripted.adapter(guarded), scripted.calendar)


BOMB = "".join(
    ['<!ENTITY a0 "aaaaaaaaaa">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
)
XML = {
    "billion laughs": f"<!DOCTYPE x [{BOMB}]><D:multistatus {NAMES}>&a11;</D:multistatus>",
    "in an attribute": f'<!DOCTYPE x [{BOMB}]><D:multistatus {NAMES} z="&a11;"/>',
    "a file": f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    f"<D:multistatus {NAMES}>&f;</D:multistatus>",
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:PORT/dtd">%p;]>'
    f"<D:multistatus {NAMES}/>",
    "an external type": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:PORT/dtd"><D:multistatus {NAMES}/>',
    "deep": f"<D:multistatus {NAMES}>{'<a>' * 100_000}</D:multistatus>",
    "a long name": f"<D:multistatus {NAMES}><{'a' * 9_000_000}/></D:multistatus>",
    "another document": "<html><body>Please log in</body></html>",
    "json": '{"error": "no"}',
    "empty": "",
    "cut off": f"<D:multistatus {NAMES}><D:response>",
    "another encoding": '<?xml version="1.0" encoding="x-unknown"?><a/>',
}


@pytest.mark.parametrize("kind", XML)
async def test_xml_that_attacks(store: Store, scripted: ScriptedServer, kind: str) -> None:
    """Is refused, quickly; no file and no address is read, and the text is not quoted."""
    body = XML[kind].replace("PORT", str(scripted.port))
    scripted.answer(web.Response(status=207, text=body, content_type="application/xml"))
    with pytest.raises(Invalid) as raised:
        await store.sync()
    assert raised.value.__cause__ is None
    assert "root:" not in str(raised.value)
    assert len(scripted.requests) == 1


async def test_an_xinclude_is_not_followed(store: Store, scripted: ScriptedServer) -> None:
    include = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
    scripted.answer(
        listed("/cal/a.ics") + token("one"),
        found("/cal/a.ics", f"<C:calendar-data>{include}</C:calendar-data>"),
    )
    changes = await store.sync()
    assert (changes.changed, changes.unreadable) == ((), ("a.ics",))


def many(count: int) -> bytes:
    """Return an answer with as many objects, whose names are slow to read."""
    return (
        f"<D:multistatus {NAMES}>" + "".join(listed(f"/c%61l/{n}") for n in range(count))
    ).encode() + b"</D:multistatus>"


async def test_an_answer_with_too_many_members() -> None:
    """It is refused when the limit is reached, not when all names were read."""
    asked: list[str] = []
    with pytest.raises(Invalid, match="more than 21000 entries"):
        await read_multistatus(many(60_000), asked.append)
    assert len(asked) == MOST_MEMBERS + 1


async def test_names_are_not_read_on_the_event_loop() -> None:
    """A thread reads the largest answer; the loop's own share is small."""
    body = many(MOST_MEMBERS)
    names = Members(TrustedAddresses("https://a.test/cal/", ()), *["https://a.test/cal/"] * 2)
    process, thread = time.process_time(), time.thread_time()
    answer = await read_multistatus(body, names.name)
    process, thread = time.process_time() - process, time.thread_time() - thread
    assert answer.members[-1].name == f"{MOST_MEMBERS - 1}"
    assert thread < process / 4
