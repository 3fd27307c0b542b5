"""Mails and reminders are written with each change of a booking."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType
from services.bookings.tests.rows import change, lock_waiters, rows

from linktime_bookings.deps import Deps
from linktime_bookings.domain.reminders import reminder_email
from linktime_bookings.store import deprovisionings, emails, reminders
from linktime_bookings.store.deprovisionings import Deprovisioning
from linktime_bookings.use_cases.cancel_upcoming_bookings import cancel_upcoming_bookings
from linktime_bookings.use_cases.queue_reminders import queue_reminders
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually

MAILS = """
    SELECT kind, sequence, recipient, recipient_name, locale, timezone
      FROM email_messages ORDER BY created_at, kind
"""
FACTS = "SELECT facts FROM email_messages WHERE kind = $1"
STATES = "SELECT kind, sequence, status FROM email_messages ORDER BY created_at, kind"
REMINDERS = "SELECT sequence, minutes_before FROM reminders ORDER BY 1, 2"
GRACE = ("grace@navy.example", "Grace Hopper", "en", "America/New_York")
# Looked up when the mail is sent.
ADA = (None, "", "en", "UTC")


async def facts(database: Database, kind: str) -> Any:
    ((found,),) = await rows(database, FACTS, kind)
    return found


async def test_booking_has_two_mails(host: Caller, database: Database) -> None:
    """One to the invitee and one to the host, each in its time zone."""
    booking_id = await host.booked(slot(0))
    assert await rows(database, MAILS) == [
        ("confirmation", 0, *GRACE),
        ("host_booked", 0, *ADA),
    ]
    written = await facts(database, "confirmation")
    assert written["booking"]["id"] == booking_id
    assert written["manageUrl"].startswith("https://meet.example/manage/")
    ((expires_at, owner_id),) = await rows(
        database, "SELECT DISTINCT expires_at, owner_id FROM email_messages"
    )
    assert (expires_at, owner_id) == (slot(1), host.host_id)


async def test_refused_booking_has_no_mail(host: Caller, database: Database) -> None:
    await host.booked(slot(0))
    assert (await host.book(slot(0))).status == 409
    assert len(await rows(database, MAILS)) == 2


async def test_repeated_booking_has_one_mail_each(host: Caller, database: Database) -> None:
    """The repeat with the same key gets the first answer."""
    for _ in range(2):
        assert (await host.book(slot(0), key="k")).status == 201
    assert len(await rows(database, MAILS)) == 2


async def test_move_and_cancellation(host: Caller, database: Database) -> None:
    """One mail to each person, with the earlier time, the reason and who did it."""
    booking_id = await host.booked(slot(0))
    body = {"newStartTime": wire(slot(4)), "reason": "A clash"}
    assert (await host.post(f"/{booking_id}/reschedule", body)).status == 200
    reason = "Ill\r\nBcc: eve@example.com"
    same = {"newStartTime": wire(slot(4))}
    assert (await host.post(f"/{booking_id}/reschedule", same)).status == 200
    assert (await host.post(f"/{booking_id}/cancel", {"reason": reason})).status == 200
    assert (await rows(database, MAILS))[2:] == [
        ("host_rescheduled", 1, *ADA),
        ("rescheduled", 1, *GRACE),
        ("cancelled", 2, *GRACE),
        ("host_cancelled", 2, *ADA),
    ]
    moved, cancelled = await facts(database, "rescheduled"), await facts(database, "cancelled")
    assert (moved["by"], moved["reason"], moved["previousStartTime"]) == (
        "host",
        "A clash",
        wire(slot(0)),
    )
    assert moved["booking"]["startTime"] == wire(slot(4))
    assert (cancelled["by"], cancelled["reason"]) == ("host", reason)
    assert cancelled["booking"]["status"] == "CANCELLED"


async def test_host_who_leaves(host: Caller, deps: Deps, database: Database) -> None:
    """Both get a cancellation by the system."""
    await host.booked(slot(0))
    async with database.transaction() as connection:
        job = Deprovisioning(new_id(), host.host_id, datetime.now(UTC) + timedelta(minutes=1))
        await deprovisionings.add(connection, job)
    await cancel_upcoming_bookings(deps)
    assert [row[0] for row in await rows(database, MAILS)][2:] == ["cancelled", "host_cancelled"]
    assert (await facts(database, "cancelled"))["by"] == "system"


async def test_waiting_mails_are_replaced(host: Caller, database: Database) -> None:
    """One that failed before is not repeated behind a later one; a first attempt is still made."""
    booking_id = await host.booked(slot(0))
    failed = "UPDATE email_messages SET status = 'DEFERRED' WHERE kind = 'confirmation'"
    await change(database, failed)
    assert (await host.post(f"/{booking_id}/cancel", {})).status == 200
    assert await rows(database, STATES) == [
        ("confirmation", 0, "SUPPRESSED"),
        ("host_booked", 0, "QUEUED"),
        ("cancelled", 1, "QUEUED"),
        ("host_cancelled", 1, "QUEUED"),
    ]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("host_booked", "SUPPRESSED"),
        ("calendar_event_changed", "SUPPRESSED"),
        ("host_mail_refused", "DEFERRED"),
    ],
)
@pytest.mark.parametrize(
    ("change_", "body"),
    [("reschedule", {"newStartTime": wire(slot(4))}), ("cancel", {})],
)
async def test_waiting_mail_that_no_later_one_replaces(
    host: Caller, database: Database, kind: str, status: str, change_: str, body: dict[str, str]
) -> None:
    """That the invitee's address refuses mail stays true, and no other mail says it."""
    booking_id = await host.booked(slot(0))
    failed = "UPDATE email_messages SET status = 'DEFERRED', kind = $1 WHERE kind = 'host_booked'"
    await change(database, failed, kind)
    assert (await host.post(f"/{booking_id}/{change_}", body)).status == 200
    assert (kind, 0, status) in await rows(database, STATES)


async def test_moved_booking_has_new_reminders(
    host: Caller, event_type: EventType, database: Database
) -> None:
    """By the event type's present rule; a cancelled booking has none."""
    event_type.reminder_minutes = [30, 10, 43_200]
    booking_id = await host.booked(slot(0))
    assert await rows(database, REMINDERS) == [(0, 10), (0, 30)]
    event_type.reminder_minutes = [60]
    await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(4))})
    assert await rows(database, REMINDERS) == [(1, 60)]
    await host.post(f"/{booking_id}/cancel", {})
    assert await rows(database, REMINDERS) == []


MAKE_DUE = "UPDATE reminders SET due_at = now() - interval '1 minute'"


async def test_due_reminder_is_queued_once(
    host: Caller, event_type: EventType, deps: Deps, database: Database
) -> None:
    """Of no use after the start; one that is not due waits."""
    event_type.reminder_minutes = [30, 60]
    await host.booked(slot(0))
    await queue_reminders(deps)
    await change(database, f"{MAKE_DUE} WHERE minutes_before = 60")
    for _ in range(2):
        await queue_reminders(deps)
    assert await rows(database, REMINDERS) == [(0, 30)]
    found = await rows(database, "SELECT expires_at FROM email_messages WHERE kind = 'reminder'")
    assert found == [(slot(0),)]


async def test_processes_share_due_reminders(
    host: Caller, event_type: EventType, deps: Deps, database: Database
) -> None:
    """Each becomes one mail."""
    event_type.reminder_minutes = [30, 60, 90]
    await host.booked(slot(0))
    await host.booked(slot(1))
    await change(database, MAKE_DUE)
    await asyncio.gather(*(queue_reminders(deps) for _ in range(4)))
    await queue_reminders(deps)
    assert await rows(database, REMINDERS) == []
    kinds = [row[0] for row in await rows(database, MAILS)]
    assert kinds.count("reminder") == 6


async def test_move_waits_for_the_job_that_queues_its_reminder(
    host: Caller, event_type: EventType, deps: Deps, database: Database
) -> None:
    """The mail that the job has queued meanwhile is suppressed."""
    event_type.reminder_minutes = [30]
    booking_id = await host.booked(slot(0))
    await change(database, MAKE_DUE)
    async with database.transaction() as connection:
        ((reminder, booking),) = await reminders.lock_due(connection, limit=10)
        body = {"newStartTime": wire(slot(4))}
        moving = asyncio.create_task(host.post(f"/{booking_id}/reschedule", body))
        await eventually(lambda: _is_waiting(database))
        mail = reminder_email(reminder, booking, "https://meet.example", now=datetime.now(UTC))
        assert mail is not None
        await emails.add(connection, [mail])
        await reminders.remove(connection, [reminder])
    assert (await moving).status == 200
    assert ("reminder", 0, "SUPPRESSED") in await rows(database, STATES)


async def _is_waiting(database: Database) -> bool:
    return await lock_waiters(database) == 1


async def test_queued_reminder_of_a_moved_booking_is_not_sent(
    host: Caller, event_type: EventType, deps: Deps, database: Database
) -> None:
    event_type.reminder_minutes = [30]
    booking_id = await host.booked(slot(0))
    await change(database, MAKE_DUE)
    await queue_reminders(deps)
    await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(4))})
    assert ("reminder", 0, "SUPPRESSED") in await rows(database, STATES)


@pytest.mark.parametrize(
    "made_wrong",
    [
        "UPDATE bookings SET sequence = 1",
        "UPDATE bookings SET status = 'CANCELLED', cancelled_at = now()",
        "UPDATE bookings SET starts_at = now() - interval '1 minute'",
    ],
)
async def test_reminder_is_checked_again(
    host: Caller, event_type: EventType, deps: Deps, database: Database, made_wrong: str
) -> None:
    """Against the booking as it is when the mail is queued."""
    event_type.reminder_minutes = [30]
    await host.booked(slot(0))
    await change(database, made_wrong)
    await change(database, MAKE_DUE)
    await queue_reminders(deps)
    assert await rows(database, REMINDERS) == []
    assert len(await rows(database, MAILS)) == 2
