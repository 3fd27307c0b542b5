"""Somebody deletes or moves the event of a booking in the calendar."""

from datetime import datetime
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import (
    HOUR,
    Meeting,
    events_of,
    published,
    write,
)

from linktime_availability.calendars.port import EventVersion
from linktime_availability.store import calendars
from linktime_common.contracts.events.availability import CalendarEventChanged
from linktime_common.contracts.wire import format_instant
from linktime_local.servers.caldav import ServerAccount


@pytest.fixture
async def meeting(world: Any, caldav_account: ServerAccount, tomorrow: datetime) -> Meeting:
    """A booking in a calendar that was read after it was written."""
    ada = await connected(world, caldav_account)
    await ada.sync()
    meeting = Meeting(ada, tomorrow)
    await meeting.apply("created")
    await write(ada)
    await ada.sync()
    return meeting


async def change(meeting: Meeting, old: bytes | None = None, new: bytes = b"") -> None:
    """Delete the event, or replace a part of it, as another client."""
    ada, stored = meeting.host, await meeting.stored()
    version = EventVersion(stored.ref, stored.version)
    if old is None:
        await ada.adapter.delete_event(ada.calendar, version)
    else:
        assert old in stored.data
        data = stored.data.replace(old, new)
        await ada.adapter.put_event(ada.calendar, meeting.uid, data, version)


async def notices(ada: Connected) -> list[dict[str, Any]]:
    return await published(ada, CalendarEventChanged)


def deleted(meeting: Meeting) -> dict[str, Any]:
    """Return the data of the event about a deletion, which leaves no time."""
    return {
        "bookingId": str(meeting.booking_id),
        "change": "calendar_event.deleted",
        "newStartTime": None,
        "newEndTime": None,
    }


def hour(moment: datetime) -> bytes:
    return f"{moment:%Y%m%dT%H%M%SZ}".encode()


async def test_own_writes_are_no_drift(meeting: Meeting) -> None:
    """Created, moved and cancelled, with readings between."""
    ada = meeting.host
    for name in ("moved", "moved again", "cancelled"):
        await meeting.apply(name)
        await ada.sync()
        await write(ada)
        await ada.sync()
    assert await notices(ada) == []
    assert (await meeting.link())["state"] == "DONE"


async def test_other_changes_are_no_drift(meeting: Meeting) -> None:
    """A new title, or the event under another name."""
    ada = meeting.host
    await change(meeting, b"SUMMARY:", b"SUMMARY:Tea and ")
    await ada.sync()
    stored = await meeting.stored()
    await change(meeting)
    await ada.adapter.put_event(ada.calendar, "renamed@x", stored.data, None)
    await ada.sync()
    link = await meeting.link()
    assert (link["state"], link["ref"]) == ("DONE", "renamed.ics")
    assert await notices(ada) == []


async def test_a_deleted_event(meeting: Meeting, world: Any) -> None:
    """The host is informed once, the API counts it, and a move writes it again."""
    ada = meeting.host
    await change(meeting)
    await ada.sync()
    await ada.sync()
    assert await notices(ada) == [deleted(meeting)]
    link = await meeting.link()
    assert (link["state"], link["last_error"]) == (
        "DRIFTED",
        "The event was deleted in the calendar; the booking is unchanged",
    )
    async with world.database.connection() as connection:
        (row,) = await calendars.list_of(connection, ada.host_id)
    assert (row.changed_events, row.pending_writes, row.write_error) == (1, 0, None)
    assert await world.live(ada.host_id) == 1
    await meeting.apply("moved")
    await write(ada)
    await ada.sync()
    assert (await meeting.shown()).start == meeting.at(1)
    assert len(await notices(ada)) == 1


async def test_a_cancelled_event_counts_as_deleted(meeting: Meeting) -> None:
    """Some programs cancel an event where others delete it."""
    ada = meeting.host
    await change(meeting, b"STATUS:CONFIRMED", b"STATUS:CANCELLED")
    await ada.sync()
    await ada.sync()
    assert await notices(ada) == [deleted(meeting)]
    assert (await meeting.link())["state"] == "DRIFTED"


async def test_a_moved_event(meeting: Meeting) -> None:
    """Also twice; the first new time is published. A cancellation deletes it all the same."""
    ada = meeting.host
    for later in (1, 2):
        first, last = (hour(meeting.start + (later - 1 + end) * HOUR) for end in (0, 1))
        await change(meeting, last, hour(meeting.start + (later + 1) * HOUR))
        await change(meeting, first, last)
        await ada.sync()
    assert await notices(ada) == [
        {
            "bookingId": str(meeting.booking_id),
            "change": "calendar_event.moved",
            "newStartTime": format_instant(meeting.start + HOUR),
            "newEndTime": format_instant(meeting.start + 2 * HOUR),
        }
    ]
    assert (await meeting.link())["state"] == "DRIFTED"
    await meeting.apply("cancelled")
    await write(ada)
    assert await events_of(ada, meeting.start) == []
    await ada.sync()
    assert len(await notices(ada)) == 1


@pytest.mark.parametrize("moment", [b"00010101T000000Z", b"99991231T235959Z"])
async def test_an_event_moved_to_a_year_that_no_mail_shows(meeting: Meeting, moment: bytes) -> None:
    """The host is informed without the time, and the reading succeeds."""
    start, end = hour(meeting.start), hour(meeting.start + HOUR)
    await change(meeting, b"DTSTART:" + start, b"DTSTART:" + moment)
    await change(meeting, b"DTEND:" + end, b"DTEND:" + moment)
    await meeting.host.sync()
    (notice,) = await notices(meeting.host)
    assert notice["change"] == "calendar_event.moved"
    assert (notice["newStartTime"], notice["newEndTime"]) == (None, None)


async def test_a_reading_that_began_before_the_write(meeting: Meeting, world: Any) -> None:
    """It may show the calendar without the event, so it is not compared."""
    ada = meeting.host
    await change(meeting)
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_event_links SET settled_at = now() + interval '1 minute'"
            " WHERE booking_id = $1",
            meeting.booking_id,
        )
    await ada.sync()
    assert await notices(ada) == []
