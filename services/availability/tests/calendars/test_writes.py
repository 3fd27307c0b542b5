"""Bookings are written into the host's calendar: one event each, at a real server."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import (
    HOUR,
    NAMES,
    Meeting,
    events_of,
    write,
)

from linktime_availability.calendars.connecting import reconnect
from linktime_availability.calendars.port import EventVersion
from linktime_availability.calendars.writing import delete_old_links, write_due
from linktime_availability.store import calendars
from linktime_availability.use_cases.apply_booking import apply_created
from linktime_common import logs
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_local.servers.caldav import CalDavServer, ServerAccount
from linktime_local.testing.collectors import recording, send_recorded

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose bookings are written into the only calendar."""
    return await connected(world, caldav_account)


@pytest.fixture
def meeting(ada: Connected, tomorrow: datetime) -> Meeting:
    return Meeting(ada, tomorrow)


async def test_a_booking_is_one_event_until_it_is_cancelled(
    ada: Connected, meeting: Meeting
) -> None:
    """Created, moved and cancelled, each with the SEQUENCE of the booking."""
    await meeting.apply("created")
    await write(ada)
    event = await meeting.shown()
    assert (event["UID"], event["SEQUENCE"]) == (meeting.uid, 0)
    assert (event.start, event.end) == (meeting.start, meeting.start + HOUR)
    assert (await meeting.stored()).ref == f"{meeting.booking_id}.ics"
    link = await meeting.link()
    assert (link["state"], link["event"], link["failures"]) == ("DONE", None, 0)
    await meeting.apply("moved")
    await write(ada)
    (event,) = await events_of(ada, meeting.start)
    assert (event["SEQUENCE"], event.start) == (1, meeting.at(1))
    await meeting.apply("cancelled")
    await write(ada)
    assert await events_of(ada, meeting.start) == []
    link = await meeting.link()
    assert (link["state"], link["wanted"], link["event"], link["ref"]) == (
        "DONE",
        "ABSENT",
        None,
        None,
    )


async def test_an_event_is_written_in_the_trace_of_its_booking(
    ada: Connected, meeting: Meeting
) -> None:
    """Of the newest change, and a batch of bookings has several; no name or address is recorded."""
    created = meeting.event("created").model_copy(update={"traceparent": GIVEN})
    async with recording("availability") as collector:
        async with ada.world.database.transaction() as connection:
            await apply_created(connection, [created])
        await write(ada)
        logs.traceparent.set(GIVEN.replace("4bf9", "5bf9"))
        await meeting.apply("moved")
        logs.traceparent.set(None)
        await write(ada)
        await send_recorded()
    first, second = collector.named("write calendar event")
    given = GIVEN.split("-")[1:3]
    assert [first.trace, first.parent, first.kind] == [*given, "client"]
    assert [second.trace, second.parent] == [given[0].replace("4bf9", "5bf9"), given[1]]
    assert first.attributes == {
        "linktime.booking_id": str(meeting.booking_id),
        "linktime.attempt": 1,
    }
    for planted in ("Ivy", "ivy@example.org", "ada@example.com", ada.calendar):
        assert not any(planted.encode() in body for body in collector.bodies)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("created", "moved", "cancelled"))), ids=",".join
)
@pytest.mark.parametrize("is_written_between", [True, False])
async def test_the_order_of_events_does_not_matter(
    ada: Connected, meeting: Meeting, order: tuple[str, ...], *, is_written_between: bool
) -> None:
    """An older event changes nothing: the cancelled booking has no event in the end."""
    for name in order:
        await meeting.apply(name, name)
        if is_written_between:
            await write(ada)
            shown = await events_of(ada, meeting.start)
            seen = order[: order.index(name) + 1]
            newest = max(map(NAMES.index, seen))
            expected = [] if "cancelled" in seen else [newest]
            assert [event["SEQUENCE"] for event in shown] == expected
    await write(ada)
    assert await events_of(ada, meeting.start) == []
    link = await meeting.link()
    assert link is None or (link["state"], link["event"]) == ("DONE", None)


async def test_a_host_without_a_calendar_to_write_to(ada: Connected, meeting: Meeting) -> None:
    """Nothing is stored; a later move is written, if there is a calendar then."""
    await ada.set_row("writes = false")
    await meeting.apply("created")
    assert await meeting.link() is None
    await ada.set_row("writes = true")
    await meeting.apply("moved")
    await write(ada)
    assert (await meeting.shown())["SEQUENCE"] == 1


async def test_a_cancellation_finds_the_event_of_an_earlier_connection(
    ada: Connected, meeting: Meeting
) -> None:
    """The links are deleted when the account is disconnected, the event is found by its UID."""
    await meeting.apply("created")
    await write(ada)
    async with ada.world.database.connection() as connection:
        await connection.execute("DELETE FROM calendar_event_links WHERE host_id = $1", ada.host_id)
    await meeting.apply("cancelled")
    await write(ada)
    assert await events_of(ada, meeting.start) == []
    link = await meeting.link()
    assert (link["state"], link["wanted"], link["last_error"]) == ("DONE", "ABSENT", None)


async def test_a_cancellation_without_an_event(ada: Connected, tomorrow: datetime) -> None:
    """Nothing to delete is enough; of a meeting that is over nothing is asked."""
    upcoming = Meeting(ada, tomorrow)
    over = Meeting(ada, datetime.now(UTC).replace(microsecond=0) - timedelta(days=7))
    for meeting in (upcoming, over):
        await meeting.apply("cancelled")
    await write(ada)
    link = await upcoming.link()
    assert (link["state"], link["ref"], link["failures"]) == ("DONE", None, 0)
    assert await over.link() is None


async def test_a_batch_of_new_bookings(ada: Connected, tomorrow: datetime, world: Any) -> None:
    """The same booking twice, one that was reserved, and one that was not."""
    reserved, other = Meeting(ada, tomorrow), Meeting(ada, tomorrow + 4 * HOUR)
    await ada.sync()
    await world.held(
        ada.event_type,
        tomorrow,
        reservation_id=reserved.reservation_ids[0],
        booking_id=reserved.booking_id,
    )
    batch = [reserved.event("created"), reserved.event("created"), other.event("created")]
    async with world.database.transaction() as connection:
        await apply_created(connection, batch)  # type: ignore[arg-type]
    await write(ada)
    assert len(await events_of(ada, tomorrow)) == 2


async def test_a_booking_stays_in_its_calendar(
    world: Any, ada: Connected, meeting: Meeting, caldav_server: CalDavServer
) -> None:
    """Choosing another calendar concerns new bookings only."""
    await meeting.apply("created")
    await write(ada)
    await ada.set_row("writes = false")
    await meeting.apply("moved")
    await write(ada)
    (event,) = await events_of(ada, meeting.start)
    assert event["SEQUENCE"] == 1


async def test_a_booking_does_not_block_its_own_reschedule(
    world: Any, ada: Connected, tomorrow: datetime
) -> None:
    """Booked, written, read again, and moved to a time that overlaps."""
    event_type = await world.event_type(ada.host_id, duration_minutes=60, slot_interval_minutes=30)
    ada.event_type = event_type
    await ada.sync()
    meeting = Meeting(ada, tomorrow)
    held = await world.reserve(
        event_type,
        tomorrow,
        reservation_id=meeting.reservation_ids[0],
        booking_id=meeting.booking_id,
    )
    assert isinstance(held, Reservation)
    await meeting.apply("created")
    await write(ada)
    await ada.sync()
    assert (await ada.row())["events"] == 1
    moved = await world.reserve(
        event_type, tomorrow + HOUR / 2, booking_id=meeting.booking_id, reschedule_minutes=60
    )
    assert isinstance(moved, Reservation), moved


async def test_what_the_host_added_stays(ada: Connected, meeting: Meeting) -> None:
    """An alarm, a category and a longer description survive two moves."""
    await meeting.apply("created")
    await write(ada)
    stored = await meeting.stored()
    alarm = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    changed = (
        stored.data.replace(b"DESCRIPTION:Ivy", b"DESCRIPTION:Bring tea\\nIvy")
        .replace(b"SEQUENCE:0", b"SEQUENCE:7\r\nCATEGORIES:RED")
        .replace(b"END:VEVENT", alarm + b"END:VEVENT")
    )
    version = EventVersion(stored.ref, stored.version)
    await ada.adapter.put_event(ada.calendar, meeting.uid, changed, version)
    for number, name in ((1, "moved"), (2, "moved again")):
        await meeting.apply(name)
        await write(ada)
        event = await meeting.shown()
        assert (event.start, event.end) == (meeting.at(number), meeting.at(number) + HOUR)
        assert (event["SEQUENCE"], event["CATEGORIES"].cats[0]) == (7, "RED")
        assert event["DESCRIPTION"].startswith("Bring tea\nIvy")
        assert [one.name for one in event.subcomponents] == ["VALARM"]
    await meeting.apply("cancelled")
    await write(ada)
    assert await events_of(ada, meeting.start) == []


async def test_an_event_that_the_host_imported_is_the_same(
    ada: Connected, meeting: Meeting
) -> None:
    """The mail's file has the same UID; a server refuses it under a second name."""
    await meeting.apply("created")
    await write(ada)
    stored = await meeting.stored()
    await ada.adapter.delete_event(ada.calendar, EventVersion(stored.ref, stored.version))
    await ada.adapter.put_event(ada.calendar, "imported@x", stored.data, None)
    await meeting.apply("moved")
    await write(ada)
    (event,) = await events_of(ada, meeting.start)
    assert (event["SEQUENCE"], event.start) == (1, meeting.at(1))
    assert (await meeting.link())["ref"] == "imported.ics"


async def test_a_stopped_server_gets_everything_later(
    ada: Connected, world: Any, tomorrow: datetime, caldav_server: CalDavServer
) -> None:
    """Each event once, with the last state; until then the API says what waits and why."""
    meetings = [Meeting(ada, tomorrow + timedelta(days=day)) for day in range(4)]
    await meetings[0].apply("created")
    await write(ada)
    await caldav_server.stop()
    try:
        await meetings[0].apply("moved")
        for one in meetings[1:]:
            await one.apply("created")
        await meetings[3].apply("cancelled")
        await write(ada)
        await write(ada)
        async with world.database.connection() as connection:
            (row,) = await calendars.list_of(connection, ada.host_id)
        assert (row.pending_writes, row.failed_writes) == (4, 0)
        assert row.write_error
        link = await meetings[1].link()
        assert link["failures"] == 2
        assert link["due_at"] > datetime.now(UTC)
    finally:
        await caldav_server.start()
    await write(ada)
    await write(ada)
    shown = await events_of(ada, tomorrow)
    found = {str(event["UID"]): (event["SEQUENCE"], event.start) for event in shown}
    assert len(shown) == 3
    assert found == {
        meetings[0].uid: (1, meetings[0].at(1)),
        meetings[1].uid: (0, meetings[1].start),
        meetings[2].uid: (0, meetings[2].start),
    }


async def test_reconnecting_writes_at_once(ada: Connected, meeting: Meeting, world: Any) -> None:
    """Pending events do not wait until their next attempt is due, and failed ones are tried."""
    await meeting.apply("created")
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_event_links SET state = 'FAILED', due_at = now() + interval '1 hour'"
            " WHERE host_id = $1",
            ada.host_id,
        )
    await reconnect(ada.host_id, ada.result.account.id, world.deps, world.attempt())
    await write_due(world.deps)
    assert (await meeting.shown())["SEQUENCE"] == 0


async def test_events_of_meetings_that_are_over(ada: Connected, world: Any) -> None:
    """A day after the end they are given up, after a month the link is deleted."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    meeting = Meeting(ada, start)
    await meeting.apply("created")
    await write(ada)
    assert await events_of(ada, start) == []
    await delete_old_links(world.deps)
    link = await meeting.link()
    assert (link["state"], link["event"]) == ("FAILED", None)
    assert link["last_error"] == "The meeting was over before the calendar could be changed"
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_event_links SET ends_at = now() - interval '31 days'"
            " WHERE host_id = $1",
            ada.host_id,
        )
    await delete_old_links(world.deps)
    assert await meeting.link() is None
