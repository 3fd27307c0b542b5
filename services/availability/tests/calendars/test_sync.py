"""Calendars are read into busy time, with a real CalDAV server and database."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected, event, free_of
from services.availability.tests.calendars.meetings import use_scripted
from services.availability.tests.calendars.scripted import (
    ScriptedServer,
    found,
    listed,
    stated,
    token,
)

from linktime_availability.calendars.sync import sync_due
from linktime_availability.use_cases.find_move import find_move
from linktime_common.contracts.internal_api.availability import RefusedReservation
from linktime_local.servers.caldav import ServerAccount


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose calendar was read once, and is empty."""
    host = await connected(world, caldav_account)
    await host.sync()
    return host


async def stored_by(host: Connected) -> list[int]:
    """Return the transactions that stored the calendar's objects."""
    async with host.world.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT xmin::text::bigint AS stored FROM calendar_objects"
            " WHERE calendar_id = $1 ORDER BY ref",
            host.calendar_id,
        )
    return [row["stored"] for row in rows]


async def test_an_event_takes_the_slot_away(ada: Connected, tomorrow: datetime) -> None:
    """The listed slots and the reservation agree; a removed event frees the time."""
    assert "12:00" in await ada.free(tomorrow)
    stored = await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    free = await ada.free(tomorrow)
    assert "12:00" not in free
    assert {"11:00", "13:00"} <= set(free)
    refused = await ada.world.reserve(ada.event_type, tomorrow)
    assert refused == RefusedReservation(
        error="The host's calendar is busy at this time",
        code="calendar_busy",
        rule="calendar_busy",
    )
    await ada.adapter.delete_event(ada.calendar, stored)
    await ada.sync()
    assert "12:00" in await ada.free(tomorrow)


async def test_other_hosts_are_not_affected(ada: Connected, world: Any, tomorrow: datetime) -> None:
    """One host's event blocks only that host."""
    other = await world.host()
    event_type = await world.event_type(other.id, duration_minutes=60, slot_interval_minutes=60)
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    assert len(await free_of(world, event_type, tomorrow)) == 24


async def test_a_changed_event_moves_its_busy_time(ada: Connected, tomorrow: datetime) -> None:
    """Only the changed object is stored again."""
    first = await ada.put("a@example.org", tomorrow)
    await ada.put("b@example.org", tomorrow + timedelta(hours=4))
    await ada.sync()
    before = await stored_by(ada)
    moved = event("a@example.org", tomorrow + timedelta(hours=2))
    await ada.adapter.put_event(ada.calendar, "a@example.org", moved, first)
    await ada.sync()
    free = set(await ada.free(tomorrow))
    assert "12:00" in free
    assert not free & {"14:00", "16:00"}
    after = await stored_by(ada)
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]
    await ada.sync()
    assert await stored_by(ada) == after


async def test_own_copy_of_a_booking_does_not_block_its_move(
    ada: Connected, tomorrow: datetime
) -> None:
    """Another event does; the lists of the move and of the event type differ in the booking."""
    booked = await ada.world.held(ada.event_type, tomorrow)
    await ada.put(f"{booked.booking_id}@meet.example", tomorrow)
    await ada.put("dinner@example.org", tomorrow + timedelta(hours=6))
    await ada.sync()
    free = await ada.free(tomorrow)
    move = await find_move(ada.host_id, booked.booking_id, ada.world.deps)
    to_move = await free_of(ada.world, ada.event_type, tomorrow, move)
    assert set(to_move) == {*free, "12:00"}
    assert "18:00" not in to_move


async def test_dates_are_in_the_zone_of_the_owner(
    world: Any, caldav_account: ServerAccount, tomorrow: datetime
) -> None:
    """A whole day of a host in Kiritimati begins 14 hours before the day in UTC; so does a move."""
    host = await connected(world, caldav_account, timezone="Pacific/Kiritimati")
    day = f"{tomorrow:%Y%m%d}"
    data = event("day@example.org", tomorrow).decode()
    lines = [
        f"DTSTART;VALUE=DATE:{day}" if line.startswith("DTSTART") else line
        for line in data.split("\r\n")
        if not line.startswith("DTEND")
    ]
    text = "\r\n".join(lines).encode()
    await host.adapter.put_event(host.calendar, "day@example.org", text, None)
    await host.sync()
    assert (await host.free(tomorrow))[0] == "10:00"
    async with world.database.connection() as connection:
        await connection.execute("UPDATE hosts SET timezone = 'UTC' WHERE id = $1", host.host_id)
    await host.sync()
    assert await host.free(tomorrow) == []


async def test_an_event_that_cannot_be_read_any_more_keeps_its_time(
    ada: Connected, tomorrow: datetime
) -> None:
    """Until it can be read, or is deleted."""
    version = await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    hebrew = event("lunch@example.org", tomorrow).replace(
        b"VERSION:2.0\r\n", b"VERSION:2.0\r\nCALSCALE:HEBREW\r\n"
    )
    version = await ada.adapter.put_event(ada.calendar, "lunch@example.org", hebrew, version)
    await ada.sync()
    row = await ada.row()
    assert row["refused"] == [{"uid": "", "reason": "unreadable"}]
    assert "12:00" not in await ada.free(tomorrow)
    later = event("lunch@example.org", tomorrow + timedelta(hours=3))
    version = await ada.adapter.put_event(ada.calendar, "lunch@example.org", later, version)
    await ada.sync()
    assert "12:00" in await ada.free(tomorrow)
    assert "15:00" not in await ada.free(tomorrow)


async def test_refused_series_are_counted_and_shown(ada: Connected, tomorrow: datetime) -> None:
    """The rest of the calendar is read; a mended series is no longer refused."""
    bad = await ada.put("s@example.org", tomorrow, 1, "RRULE:FREQ=SECONDLY")
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    row = await ada.row()
    assert (row["events"], row["refused_count"]) == (2, 1)
    assert row["refused"] == [{"uid": "s@example.org", "reason": "too_frequent"}]
    assert "12:00" not in await ada.free(tomorrow)
    mended = event("s@example.org", tomorrow + timedelta(hours=3))
    await ada.adapter.put_event(ada.calendar, "s@example.org", mended, bad)
    await ada.sync()
    row = await ada.row()
    assert (row["events"], row["refused_count"], row["refused"]) == (2, 0, [])


async def test_a_forgotten_token_and_a_full_comparison(ada: Connected, tomorrow: datetime) -> None:
    """Busy time is right after the server has forgotten the token, and after a day."""
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    for assignments in (
        """sync_state = '{"token": "http://radicale.org/ns/sync/0000"}'""",
        "compared_at = now() - interval '2 days'",
        "expanded_until = now() + interval '3 days'",
    ):
        await ada.set_row(assignments)
        await ada.sync()
        row = await ada.row()
        assert (row["last_error"], row["events"]) == (None, 1), assignments
        assert "12:00" not in await ada.free(tomorrow)


async def test_nothing_due_is_nothing_done(ada: Connected) -> None:
    """A calendar that was read is due after its poll."""
    assert await sync_due(ada.world.deps) == 0
    row = await ada.row()
    assert timedelta(minutes=2) < row["next_sync_at"] - row["synced_at"] < timedelta(minutes=4)


async def test_no_title_is_stored_as_text(ada: Connected, tomorrow: datetime) -> None:
    """Only the raw objects contain titles."""
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    async with ada.world.database.connection() as connection:
        for table in ("calendars", "busy_intervals", "calendar_accounts"):
            rows = await connection.fetch(f"SELECT t::text FROM {table} t")
            assert not any("secret title" in row["t"] for row in rows)


async def test_an_object_that_is_not_delivered_is_named(
    ada: Connected, scripted: ScriptedServer
) -> None:
    """As the server names it: its UID is not known."""
    await use_scripted(ada, scripted)
    scripted.answer(listed("/cal/a%20b%00.ics") + listed("/cal/b%E2%80%AEc.ics") + token("one"), "")
    await ada.sync()
    row = await ada.row()
    assert row["refused_count"] == 2
    assert [one["reason"] for one in row["refused"]] == ["unreadable"] * 2
    assert {one["uid"] for one in row["refused"]} == {"a%20b%00.ics", "b c.ics"}


async def test_an_object_that_fails_keeps_its_busy_time(
    ada: Connected, scripted: ScriptedServer, tomorrow: datetime
) -> None:
    """Its later occurrences are busy, too, and the owner sees that it is not delivered."""
    await use_scripted(ada, scripted)
    data = event("daily@example.org", tomorrow, 60, "RRULE:FREQ=DAILY").decode()
    version = "<D:getetag>1</D:getetag>"
    scripted.answer(
        listed("/cal/a.ics") + token("one"),
        found("/cal/a.ics", f"{version}<C:calendar-data>{data}</C:calendar-data>"),
    )
    await ada.sync()
    ada.world.clock.instant += timedelta(days=30)
    scripted.answer(
        listed("/cal/a.ics", "2") + token("two"),
        stated("/cal/a.ics", "HTTP/1.1 503 Service Unavailable"),
    )
    await ada.sync()
    row = await ada.row()
    assert [one["uid"] for one in row["refused"]] == ["a.ics"]
    async with ada.world.database.connection() as connection:
        last = await connection.fetchval(
            "SELECT max(ends_at) FROM busy_intervals WHERE calendar_id = $1", ada.calendar_id
        )
    assert row["expanded_until"] > ada.world.clock.instant + timedelta(days=60)
    assert last > row["expanded_until"] - timedelta(days=1)


@pytest.mark.parametrize(
    ("count", "size", "sentence"),
    [
        (20_000, 1, "The calendar has more than 20000 events"),
        (2, 32 * 1024 * 1024, "The calendar's events are too large"),
    ],
)
async def test_a_calendar_that_grows_beyond_the_limits(
    ada: Connected, tomorrow: datetime, count: int, size: int, sentence: str
) -> None:
    """What one reading adds is little, but the whole is too much: nothing of it is stored."""
    async with ada.world.database.connection() as connection:
        await connection.execute(
            "INSERT INTO calendar_objects"
            " (host_id, calendar_id, ref, version, data, events, refused_count, refused)"
            " SELECT $1, $2, 'old-' || n, 'v', convert_to(repeat('x', $4), 'utf8'), 1, 0, '[]'"
            " FROM generate_series(1, $3) n",
            *(ada.host_id, ada.calendar_id, count, size),
        )
    before = await ada.row()
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    row = await ada.row()
    assert (row["last_error"], row["failures"]) == (sentence, 1)
    assert row["sync_state"] == before["sync_state"]
    async with ada.world.database.connection() as connection:
        objects = "SELECT count(*) FROM calendar_objects WHERE calendar_id = $1"
        assert await connection.fetchval(objects, ada.calendar_id) == count
        await connection.execute("DELETE FROM calendars WHERE id = $1", ada.calendar_id)
