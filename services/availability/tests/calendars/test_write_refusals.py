"""What a server's refusal of an event leads to."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from services.availability.tests.calendars.hosts import connected
from services.availability.tests.calendars.meetings import (
    Meeting,
    parsed,
    published,
    use_scripted,
    write,
)
from services.availability.tests.calendars.scripted import (
    ScriptedServer,
    delivered,
    found,
    multistatus,
    stated,
)

from linktime_availability.calendars.event_text import new_event
from linktime_availability.store import calendars
from linktime_common.contracts.events.availability import CalendarDisconnected
from linktime_local.servers.caldav import ServerAccount

Answer = web.Response | str


@pytest.fixture
async def meeting(
    world: Any, caldav_account: ServerAccount, scripted: ScriptedServer, tomorrow: datetime
) -> Meeting:
    """A new booking of a host whose calendar is at the scripted server."""
    ada = await connected(world, caldav_account)
    await use_scripted(ada, scripted)
    meeting = Meeting(ada, tomorrow)
    await meeting.apply("created")
    return meeting


def status(code: int, **headers: str) -> web.Response:
    return web.Response(status=code, headers=headers)


def answers(**given: list[Answer]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Answer each method with its answers in turn; the last one is repeated."""
    left = {method: list(some) for method, some in given.items()}

    async def respond(request: web.BaseRequest, _body: str) -> web.StreamResponse:
        some = left[request.method]
        one = some.pop(0) if len(some) > 1 else some[0]
        if isinstance(one, str):
            return multistatus(one)
        return web.Response(status=one.status, headers=one.headers)

    return respond


def has(meeting: Meeting, *, number: int, etag: str = '"7"', sequence: int | None = None) -> str:
    """Return the answer of a server that has the event as of the given move."""
    data = new_event(meeting.state(number), meeting.uid, datetime.now(UTC)).decode()
    if sequence is not None:
        data = data.replace(f"SEQUENCE:{number}", f"SEQUENCE:{sequence}")
    href = f"/cal/{meeting.booking_id}.ics"
    return found(
        href,
        f"<D:getetag>{escape(etag)}</D:getetag><C:calendar-data>{escape(data)}</C:calendar-data>",
    )


def sent(scripted: ScriptedServer) -> list[tuple[str, str | None]]:
    """Return the writes, each with its condition."""
    return [
        (one.method, one.headers.get("If-Match") or one.headers.get("If-None-Match"))
        for one in scripted.requests
        if one.method != "REPORT"
    ]


@pytest.mark.parametrize("refusal", [412, 409])
async def test_an_event_that_is_there_already(
    meeting: Meeting, scripted: ScriptedServer, refusal: int
) -> None:
    """An earlier attempt whose answer was lost: nothing is written again."""
    scripted.respond = answers(PUT=[status(refusal)], REPORT=[has(meeting, number=0)])
    await write(meeting.host)
    link = await meeting.link()
    assert (link["state"], link["ref"]) == ("DONE", f"{meeting.booking_id}.ics")
    assert sent(scripted) == [("PUT", "*")]


@pytest.mark.parametrize("sequence", [0, 9])
async def test_an_older_event_is_there(
    meeting: Meeting, scripted: ScriptedServer, sequence: int
) -> None:
    """It is changed if it still is that version; SEQUENCE never falls."""
    await meeting.apply("moved")
    scripted.respond = answers(
        PUT=[status(412), status(204, ETag='"8"')],
        REPORT=[has(meeting, number=0, sequence=sequence)],
    )
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"
    assert sent(scripted) == [("PUT", "*"), ("PUT", '"7"')]
    event = parsed(scripted.requests[-1].body.encode())
    assert (event.start, event["SEQUENCE"]) == (meeting.at(1), max(1, sequence))


async def test_an_event_that_changes_again_and_again(
    meeting: Meeting, scripted: ScriptedServer
) -> None:
    """It is read once in an attempt, and the attempt is repeated later."""
    await meeting.apply("moved")
    scripted.respond = answers(PUT=[status(412)], REPORT=[has(meeting, number=0)])
    await write(meeting.host)
    link = await meeting.link()
    assert (link["state"], link["failures"]) == ("PENDING", 1)
    assert len(sent(scripted)) == 2


@pytest.mark.parametrize("answer", [404, 410])
async def test_deleting_what_is_gone(
    meeting: Meeting, scripted: ScriptedServer, answer: int
) -> None:
    """It is searched for, as it may have another name now."""
    scripted.respond = answers(PUT=[status(201, ETag='"1"')], DELETE=[status(answer)], REPORT=[""])
    await write(meeting.host)
    await meeting.apply("cancelled")
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"
    assert sent(scripted) == [("PUT", "*"), ("DELETE", '"1"')]


async def test_deleting_from_a_calendar_that_is_gone(
    meeting: Meeting, scripted: ScriptedServer
) -> None:
    scripted.respond = answers(
        PUT=[status(201, ETag='"1"')], DELETE=[status(404)], REPORT=[status(404)]
    )
    await write(meeting.host)
    await meeting.apply("cancelled")
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"


@pytest.mark.parametrize("answer", [404, 410])
async def test_deleting_what_was_renamed(
    meeting: Meeting, scripted: ScriptedServer, answer: int
) -> None:
    """Only the event with the UID of the booking is deleted, under the name that it has now."""
    renamed = has(meeting, number=0).replace(f"{meeting.booking_id}.ics", "renamed.ics", 1)
    other = delivered("/cal/other.ics", f"{meeting.uid}.example")
    scripted.respond = answers(
        PUT=[status(201, ETag='"1"')],
        DELETE=[status(answer), status(204)],
        REPORT=["", other + renamed],
    )
    await write(meeting.host)
    await meeting.apply("cancelled")
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"
    assert sent(scripted) == [("PUT", "*"), ("DELETE", '"1"'), ("DELETE", '"7"')]
    assert scripted.requests[-1].path == "/cal/renamed.ics"


@pytest.mark.parametrize("failing", ["name", "search"])
async def test_deleting_what_the_server_withholds(
    meeting: Meeting, scripted: ScriptedServer, failing: str
) -> None:
    """It may be there, so it is searched for again later."""
    withheld = stated(f"/cal/{meeting.booking_id}.ics", "HTTP/1.1 503 Busy")
    reports: list[Answer] = [withheld, ""] if failing == "name" else ["", withheld]
    scripted.respond = answers(PUT=[status(201, ETag='"1"')], DELETE=[status(412)], REPORT=reports)
    await write(meeting.host)
    await meeting.apply("cancelled")
    await write(meeting.host)
    link = await meeting.link()
    assert (link["state"], link["failures"]) == ("PENDING", 1)
    scripted.respond = answers(DELETE=[status(412), status(204)], REPORT=[has(meeting, number=0)])
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"
    assert sent(scripted)[-1] == ("DELETE", '"7"')


async def test_deleting_what_was_changed(meeting: Meeting, scripted: ScriptedServer) -> None:
    scripted.respond = answers(
        PUT=[status(201, ETag='"1"')],
        DELETE=[status(412), status(204)],
        REPORT=[has(meeting, number=0)],
    )
    await write(meeting.host)
    await meeting.apply("cancelled")
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"
    assert sent(scripted) == [("PUT", "*"), ("DELETE", '"1"'), ("DELETE", '"7"')]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (403, "The server does not let this account change the calendar"),
        (404, "There is nothing at this address"),
        (413, "The server answered with status 413, which is not a calendar's answer"),
    ],
)
async def test_a_final_refusal(
    meeting: Meeting, scripted: ScriptedServer, world: Any, code: int, sentence: str
) -> None:
    """The API shows the sentence; nothing is sent again until the booking changes."""
    scripted.respond = answers(PUT=[status(code)])
    await write(meeting.host)
    await write(meeting.host)
    assert len(sent(scripted)) == 1
    assert (await meeting.link())["state"] == "FAILED"
    async with world.database.connection() as connection:
        (row,) = await calendars.list_of(connection, meeting.host.host_id)
    assert (row.pending_writes, row.failed_writes, row.write_error) == (0, 1, sentence)
    scripted.respond = answers(PUT=[status(201, ETag='"1"')])
    await meeting.apply("moved")
    await write(meeting.host)
    assert (await meeting.link())["state"] == "DONE"


@pytest.mark.parametrize(
    ("answer", "least"),
    [(status(503), 13), (status(503, **{"Retry-After": "600"}), 600), (status(429), 13)],
)
async def test_a_refusal_for_now(
    meeting: Meeting, scripted: ScriptedServer, answer: web.Response, least: int
) -> None:
    """It is tried again later, no sooner than the server says."""
    scripted.respond = answers(PUT=[answer])
    before = datetime.now(UTC)
    await write(meeting.host)
    link = await meeting.link()
    assert (link["state"], link["failures"]) == ("PENDING", 1)
    assert link["event"] is not None
    assert link["due_at"] - before >= timedelta(seconds=least)


async def test_a_refused_password(meeting: Meeting, scripted: ScriptedServer) -> None:
    """The account must be connected again, the host is informed once, nothing more is sent."""
    other = Meeting(meeting.host, meeting.start + timedelta(days=1))
    scripted.respond = answers(PUT=[status(401)])
    await write(meeting.host)
    await other.apply("created")
    await write(meeting.host)
    assert sent(scripted) == [("PUT", "*")]
    row = await meeting.host.row()
    assert row["state"] == "RECONNECT"
    assert await published(meeting.host, CalendarDisconnected) == [
        {"subject": "127.0.0.1", "reason": "calendar.credentials", "stopsBooking": True}
    ]
    assert (await meeting.link())["state"] == "PENDING"


async def test_a_booking_that_changes_during_the_write(
    meeting: Meeting, scripted: ScriptedServer
) -> None:
    """The newer state is written next, on top of what was just written."""

    async def move(request: web.BaseRequest, _body: str) -> web.StreamResponse:
        await meeting.apply("moved")
        scripted.respond = answers(PUT=[status(204, ETag='"2"')])
        return status(201, ETag='"1"')

    scripted.respond = move
    await write(meeting.host)
    assert sent(scripted) == [("PUT", "*"), ("PUT", '"1"')]
    assert parsed(scripted.requests[-1].body.encode())["SEQUENCE"] == 1
    link = await meeting.link()
    assert (link["state"], link["server_version"]) == ("DONE", '"2"')


async def test_a_late_answer_to_a_lost_lease(
    meeting: Meeting, scripted: ScriptedServer, world: Any
) -> None:
    """It is not stored, as another worker has the event now."""

    async def lose(request: web.BaseRequest, _body: str) -> web.StreamResponse:
        async with world.database.connection() as connection:
            await connection.execute(
                "UPDATE calendar_event_links SET leased_until = now() + interval '1 hour'"
                " WHERE booking_id = $1",
                meeting.booking_id,
            )
        return status(201, ETag='"1"')

    scripted.respond = lose
    await write(meeting.host)
    link = await meeting.link()
    assert (link["state"], link["ref"]) == ("PENDING", None)


async def test_a_server_that_mails_attendees(
    meeting: Meeting, scripted: ScriptedServer, world: Any
) -> None:
    """With the preset of Zimbra the invitee is a contact, so that nobody is invited twice."""
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_accounts SET preset = 'zimbra' WHERE id = $1",
            meeting.host.result.account.id,
        )
    scripted.respond = answers(PUT=[status(201, ETag='"1"')])
    await write(meeting.host)
    event = parsed(scripted.requests[-1].body.encode())
    assert not {"ATTENDEE", "ORGANIZER"} & set(event)
    assert event["CONTACT"] == "Ivy, ivy@example.org, +49 30 1234567"
