"""The feed of a host's bookings: its address, contents and entity tag."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from services.bookings.tests.calls import PUBLIC_URL, Caller, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability, a_host
from services.bookings.tests.feeds import Directory, Program
from services.bookings.tests.mail.queued import SENDER, an_account
from services.bookings.tests.rows import change, rows

from linktime_bookings.domain.calendar_feeds import MOST_BOOKINGS
from linktime_bookings.domain.emails import BookingFacts
from linktime_bookings.domain.events import state_of
from linktime_bookings.mail.invitation import for_host
from linktime_bookings.mail.languages import language_for
from linktime_bookings.store import bookings
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id, parse_id
from linktime_common.postgres import Database
from linktime_local.testing.services import Running

NOT_FOUND = b'{"error":"Calendar feed not found","code":"calendar_feed_not_found"}'
ADDRESS = f"{PUBLIC_URL}/api/public/feeds/lt_feed_"
COPIES = """
    INSERT INTO bookings
    SELECT (jsonb_populate_record(made, jsonb_build_object(
               'id', gen_random_uuid(),
               'reservation_id', gen_random_uuid(),
               'starts_at', made.starts_at + number * $1::interval,
               'ends_at', made.ends_at + number * $1::interval))).*
      FROM bookings made, generate_series(1, $2) number
"""


@pytest.fixture(autouse=True)
def directory(directory: Directory, event_type: EventType) -> Directory:
    """The host has an active account."""
    directory.users[event_type.host.id] = an_account(event_type.host.id)
    return directory


@pytest.fixture
def program(service: Running, event_type: EventType) -> Program:
    return Program(service, event_type.host.id)


async def test_address_is_made_read_and_revoked(program: Program, database: Database) -> None:
    """It is returned only once, and only its hash is stored."""
    nothing = {"enabled": False, "createdAt": None}
    assert (await program.dashboard("GET")).body == nothing
    made = (await program.dashboard("POST")).body
    assert set(made) == {"url", "createdAt"}
    assert made["url"].startswith(ADDRESS)
    token = made["url"].removeprefix(ADDRESS).removesuffix(".ics")
    assert len(token) == 43
    known = {"enabled": True, "createdAt": made["createdAt"]}
    assert (await program.dashboard("GET")).body == known
    assert token not in str(await rows(database, "SELECT f::text FROM calendar_feeds f"))
    for was_there in (True, False):
        ended = await program.dashboard("DELETE")
        assert (ended.status, ended.body) == (200, {"success": True, "revoked": was_there})
    assert (await program.dashboard("GET")).body == nothing


async def test_repeat_has_no_address(program: Program, database: Database) -> None:
    """The stored response is without the secret; the address of the first stays valid."""
    first = await program.dashboard("POST", key="k")
    again = await program.dashboard("POST", key="k")
    assert (again.status, again.body) == (201, {**first.body, "url": None})
    stored = await rows(database, "SELECT r::text FROM idempotency_records r")
    assert "lt_feed_" not in str(stored)
    assert (await Program(program.service, program.host_id, first.body["url"]).read()).status == 200


async def test_event_is_that_of_the_hosts_mail(
    program: Program, host: Caller, database: Database
) -> None:
    """The same UID, SEQUENCE, times and texts; DTSTAMP is the last change."""
    booking_id = parse_id(await host.booked(slot(0), notes="Bring tea"))
    assert booking_id is not None
    (event,) = await (await program.subscribed()).events()
    async with database.connection() as connection:
        booking = await bookings.find(connection, host_id=host.host_id, booking_id=booking_id)
    facts = BookingFacts(booking=state_of(booking), manage_url="")
    mailed = for_host(facts, SENDER, language_for("en"), booking.updated_at).content
    assert event == Calendar.from_ical(mailed).walk("VEVENT")[0]
    assert event["UID"] == f"{booking_id}@meet.example"
    assert event.decoded("DTSTAMP") == booking.updated_at.replace(microsecond=0)


async def test_headers_and_calendar(program: Program) -> None:
    """Without bookings it is a valid calendar; HEAD has the same headers and no body."""
    subscribed = await program.subscribed()
    reply = await subscribed.read()
    assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert reply.headers["Cache-Control"] == "private, max-age=300"
    assert reply.headers["ETag"].startswith('"')
    calendar = Calendar.from_ical(reply.body)
    assert calendar["X-WR-CALNAME"] == "LinkTime bookings"
    assert calendar["REFRESH-INTERVAL"].to_ical() == b"PT1H"
    assert calendar["METHOD"] == "PUBLISH"
    head = await subscribed.read(method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["ETag"] == reply.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(reply.body))


async def test_tag_changes_with_the_content(program: Program, host: Caller) -> None:
    """With each change of a booking, and back to the first when none is left; never otherwise."""
    subscribed = await program.subscribed()
    empty = await subscribed.read()
    booking_id = await host.booked(slot(0))
    seen = [empty]
    for path, body in (
        ("", None),
        (f"/{booking_id}/reschedule", {"newStartTime": wire(slot(3))}),
    ):
        if path:
            assert (await host.post(path, body)).status == 200
        assert (await subscribed.read(known=seen[-1].headers["ETag"])).status == 200
        seen.append(await subscribed.read())
        assert (await subscribed.read()).body == seen[-1].body
        assert (await subscribed.read(known=seen[-1].headers["ETag"])).status == 304
    (event,) = await subscribed.events()
    assert (event["SEQUENCE"], event.decoded("DTSTART")) == (1, slot(3))
    assert (await host.post(f"/{booking_id}/cancel")).status == 200
    last = await subscribed.read()
    assert (last.body, last.headers["ETag"]) == (empty.body, empty.headers["ETag"])
    assert len({reply.headers["ETag"] for reply in seen}) == 3


@pytest.mark.parametrize(
    ("form", "status"),
    [("{}", 304), ("W/{}", 304), ('"x", {}', 304), ("*", 304), ('"x"', 200), ("nonsense", 200)],
)
async def test_forms_of_if_none_match(program: Program, form: str, status: int) -> None:
    subscribed = await program.subscribed()
    tag = (await subscribed.read()).headers["ETag"]
    reply = await subscribed.read(known=form.format(tag))
    assert (reply.status, reply.headers["ETag"]) == (status, tag)
    assert reply.headers["Cache-Control"] == "private, max-age=300"


async def test_bookings_leave_after_30_days(
    program: Program, host: Caller, database: Database
) -> None:
    """The tag changes when they do."""
    subscribed = await program.subscribed()
    empty = (await subscribed.read()).headers["ETag"]
    await host.booked(slot(0))
    move = "UPDATE bookings SET starts_at = $1, ends_at = $2"
    leaves = datetime.now(UTC) - timedelta(days=30)
    await change(database, move, leaves + timedelta(hours=1), leaves + timedelta(hours=2))
    assert len(await subscribed.events()) == 1
    await change(database, move, leaves - timedelta(minutes=1), leaves + timedelta(hours=1))
    assert (await subscribed.read()).headers["ETag"] == empty


async def test_limit_keeps_the_next_bookings(
    program: Program, host: Caller, database: Database
) -> None:
    """Of more than fit, those that are furthest ahead and all past ones are left out."""
    await host.booked(slot(0))
    await change(database, COPIES, timedelta(hours=1), MOST_BOOKINGS)
    for past in range(1, 4):
        await change(
            database,
            COPIES + "WHERE made.starts_at = $3 AND number = $4",
            timedelta(days=-2),
            3,
            slot(0),
            past,
        )
    subscribed = await program.subscribed()
    starts = [event.decoded("DTSTART") for event in await subscribed.events()]
    assert starts == [slot(0) + timedelta(hours=number) for number in range(MOST_BOOKINGS)]
    await change(
        database,
        "UPDATE bookings SET status = 'CANCELLED', cancelled_at = now() WHERE starts_at > $1",
        slot(0),
    )
    starts = [event.decoded("DTSTART") for event in await subscribed.events()]
    assert starts == [slot(0) - timedelta(days=2 * number) for number in (3, 2, 1, 0)]


async def test_bookings_of_others_are_not_shown(
    program: Program, stranger: Caller, availability: FakeAvailability
) -> None:
    other = availability.add(EventType(a_host("Bob").model_copy(update={"id": stranger.host_id})))
    assert other.host.id == stranger.host_id
    await stranger.booked(slot(0))
    assert await (await program.subscribed()).events() == []


async def test_addresses_that_end(program: Program) -> None:
    """Replaced and revoked ones are 404, as unknown ones."""
    first = await program.subscribed()
    second = await program.subscribed()
    assert ((await first.read()).status, (await second.read()).status) == (404, 200)
    await program.dashboard("DELETE")
    tag = '"x"'
    for reply in (await second.read(), await second.read(known=tag), await second.read("*")):
        assert (reply.status, reply.body) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "token", ["x", "lt_feed_", "lt_feed_" + "a" * 43, "lt_feed_%00", "%C3%A9", "%ff", "a" * 5000]
)
async def test_unknown_token(program: Program, token: str) -> None:
    await program.subscribed()
    url = f"{PUBLIC_URL}/api/public/feeds/{token}.ics"
    reply = await Program(program.service, program.host_id, url).read()
    assert (reply.status, reply.body) == (404, NOT_FOUND)


async def test_two_addresses_at_once_leave_one(program: Program, database: Database) -> None:
    made = await asyncio.gather(*(program.subscribed() for _ in range(6)))
    statuses = sorted([(await one.read()).status for one in made])
    assert statuses == [200] + [404] * 5
    assert await rows(database, "SELECT count(*) FROM calendar_feeds") == [(1,)]


async def test_inactive_host(program: Program, directory: Directory) -> None:
    """404 while the account is inactive, and when it does not exist."""
    subscribed = await program.subscribed()
    directory.change(program.host_id, active=False)
    assert (await subscribed.read(known="*")).status == 404
    directory.change(program.host_id, active=True)
    assert (await subscribed.read()).status == 200
    directory.users.clear()
    assert (await subscribed.read()).body == NOT_FOUND


async def test_language_of_the_host(program: Program, host: Caller, directory: Directory) -> None:
    """Now, not when it was booked; the tag differs, but not for a language without texts."""
    await host.booked(slot(0))
    subscribed = await program.subscribed()
    tags = {}
    for locale in (None, "de-AT", "pt-BR", "ar"):
        directory.change(program.host_id, locale=locale)
        reply = await subscribed.read()
        (event,) = Calendar.from_ical(reply.body).walk("VEVENT")
        tags[locale] = (reply.headers["ETag"], event["SUMMARY"])
    assert tags["de-AT"][1] == "Intro call mit Grace Hopper"
    assert tags["pt-BR"] == tags[None] == (tags[None][0], "Intro call with Grace Hopper")
    assert len(set(tags.values())) == 3


async def test_hostile_texts(
    program: Program, host: Caller, availability: FakeAvailability, event_type: EventType
) -> None:
    """They stay in their property: no second event, no other line."""
    injected = "x\\nEND:VEVENT BEGIN:VEVENT;:,\\"
    event_type.location = injected
    notes = (
        "a\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260101T000000Z\n=?utf-8?q?a?= \u200f" + "é" * 500
    )
    await host.booked(slot(0), inviteeName=injected, notes=notes)
    reply = await (await program.subscribed()).read()
    (event,) = Calendar.from_ical(reply.body).walk("VEVENT")
    assert event["LOCATION"] == injected
    assert event["DESCRIPTION"].endswith("é" * 500)
    assert reply.body.count(b"\r\nBEGIN:VEVENT\r\n") == 1
    assert all(len(line) <= 75 for line in reply.body.split(b"\r\n"))


@pytest.mark.parametrize("kind", [CallerKind.API_KEY, CallerKind.SESSION])
async def test_feed_requires_public_callers(program: Program, kind: CallerKind) -> None:
    subscribed = await program.subscribed()
    url = program.service.url + subscribed.url.removeprefix(PUBLIC_URL)
    headers = program.service.identity(kind, subject=new_id())
    async with program.service.session.get(url, headers=headers) as reply:
        assert reply.status == 503


async def test_operator_makes_and_revokes(program: Program) -> None:
    service = program.service
    url = f"{service.internal_url}/internal/hosts/{program.host_id}/calendar-feed"
    headers = service.identity(CallerKind.OPERATOR, issuer="operator")
    async with service.session.post(url, headers=headers) as reply:
        assert reply.status == 201
        subscribed = Program(service, program.host_id, (await reply.json())["url"])
    assert (await subscribed.read()).status == 200
    async with service.session.delete(url, headers=headers) as reply:
        assert await reply.json() == {"success": True, "revoked": True}
    assert (await subscribed.read()).status == 404
