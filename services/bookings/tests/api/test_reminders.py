"""An invitee with the link stops the reminders of a booking, or gets them again."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from services.bookings.tests.calls import Caller, Reply
from services.bookings.tests.fakes import EventType
from services.bookings.tests.invitees import Invitee, book
from services.bookings.tests.mail.queued import LIMITS
from services.bookings.tests.rows import change, events, lock_waiters, rows

from linktime_bookings.deps import Deps
from linktime_bookings.domain.reminders import reminder_email
from linktime_bookings.store import bookings, emails, outdated_emails, reminders
from linktime_bookings.use_cases.queue_reminders import queue_reminders
from linktime_common.postgres import Database
from linktime_local.testing.services import Running
from linktime_local.testing.waiting import eventually

WAITING = "SELECT sequence, minutes_before FROM reminders ORDER BY sequence, minutes_before"
MAILS = "SELECT status, error FROM email_messages WHERE kind = 'reminder' ORDER BY id"
NOT_WANTED = "the invitee wants no reminders"
MAKE_DUE = "UPDATE reminders SET due_at = now() - interval '1 minute'"
BEFORE_UPGRADE = "UPDATE bookings SET reminder_minutes = NULL"


@pytest.fixture
async def invitee(service: Running, event_type: EventType) -> Invitee:
    """An invitee whose booking has reminders half an hour and an hour before."""
    event_type.reminder_minutes = [30, 60]
    return await invitee_of(service, event_type)


async def invitee_of(service: Running, event_type: EventType, number: int = 0) -> Invitee:
    booked = await book(service, event_type, number)
    return Invitee(service, booked["manageUrl"].rpartition("/")[2], booked["bookingId"])


async def want(invitee: Invitee, wanted: Any, key: str | None = None, query: str = "") -> Reply:
    return await invitee.send("PUT", f"/reminders{query}", {"wanted": wanted}, key)


async def test_stop_and_get_again(invitee: Invitee, database: Database) -> None:
    """Waiting reminders are deleted and come back. It is no change of the booking for others."""
    before = (await invitee.get()).body
    assert before["reminders"] == {"wanted": True}
    for _ in range(2):
        stopped = await want(invitee, False)
        assert (stopped.status, stopped.body) == (200, {"wanted": False})
        assert await rows(database, WAITING) == []
        assert (await invitee.get()).body == {**before, "reminders": {"wanted": False}}
    for _ in range(2):
        again = await want(invitee, True)
        assert (again.status, again.body) == (200, {"wanted": True})
        assert await rows(database, WAITING) == [(0, 30), (0, 60)]
    assert (await invitee.get()).body == before
    assert await events(database) == ["booking.created"]


async def test_the_answer_has_the_booking_if_asked(invitee: Invitee) -> None:
    stopped = await want(invitee, False, query="?expand=booking")
    assert stopped.body == {"wanted": False, "booking": (await invitee.get()).body}


async def test_a_repeat_with_its_key(invitee: Invitee) -> None:
    """It gets the first answer, and undoes nothing that was chosen since."""
    assert (await want(invitee, False, key="k")).body == {"wanted": False}
    assert (await want(invitee, True)).body == {"wanted": True}
    assert (await want(invitee, False, key="k")).body == {"wanted": False}
    assert (await invitee.get()).body["reminders"] == {"wanted": True}
    assert (await want(invitee, True, key="k")).status == 422


async def test_only_this_booking(
    invitee: Invitee, service: Running, event_type: EventType, database: Database
) -> None:
    """Another booking of the same invitee keeps its reminders."""
    other = await invitee_of(service, event_type, 4)
    await want(invitee, False)
    assert (await other.get()).body["reminders"] == {"wanted": True}
    ids = await rows(database, "SELECT DISTINCT booking_id::text FROM reminders")
    assert ids == [(other.booking_id,)]


async def test_a_move_keeps_the_choice(
    invitee: Invitee, event_type: EventType, database: Database
) -> None:
    """It makes no reminders; those that come back are of the new time and the rule at the move."""
    await want(invitee, False)
    event_type.reminder_minutes = [45]
    assert (await invitee.move(4)).status == 200
    assert await rows(database, WAITING) == []
    assert (await invitee.get()).body["reminders"] == {"wanted": False}
    await want(invitee, True)
    assert await rows(database, WAITING) == [(1, 45)]


async def test_what_is_due_already_does_not_come_back(
    invitee: Invitee, deps: Deps, database: Database
) -> None:
    """The mail of the first reminder, which was not sent, stays suppressed."""
    await change(database, f"{MAKE_DUE} WHERE minutes_before = 60")
    await queue_reminders(deps)
    assert await rows(database, MAILS) == [("QUEUED", None)]
    await want(invitee, False)
    assert await rows(database, MAILS) == [("SUPPRESSED", NOT_WANTED)]
    await change(
        database,
        "UPDATE bookings SET starts_at = now() + interval '45 minutes',"
        " ends_at = now() + interval '75 minutes'",
    )
    await want(invitee, True)
    assert await rows(database, WAITING) == [(0, 30)]
    await queue_reminders(deps)
    assert await rows(database, MAILS) == [("SUPPRESSED", NOT_WANTED)]


async def test_other_mails_stay(invitee: Invitee, database: Database) -> None:
    """Also one that waits for another attempt."""
    await change(database, "UPDATE email_messages SET status = 'DEFERRED'")
    await want(invitee, False)
    found = await rows(database, "SELECT kind, status FROM email_messages ORDER BY kind")
    assert found == [("confirmation", "DEFERRED"), ("host_booked", "DEFERRED")]


async def test_a_leased_reminder_is_not_sent(
    invitee: Invitee, deps: Deps, database: Database
) -> None:
    """It is asked for again before it is sent."""
    await change(database, f"DELETE FROM email_messages; {MAKE_DUE} WHERE minutes_before = 60")
    await queue_reminders(deps)
    async with database.connection() as connection:
        ((mail,), _more) = await emails.lease(connection, limit=9, seconds=60, limits=LIMITS)
        assert await outdated_emails.find_outdated(connection, [mail.id]) == {}
        await want(invitee, False)
        found = await outdated_emails.find_outdated(connection, [mail.id])
    assert found == {mail.id: NOT_WANTED}
    assert await rows(database, MAILS) == [("QUEUED", None)]


async def test_a_reminder_of_an_older_process_is_not_sent(
    invitee: Invitee, deps: Deps, database: Database
) -> None:
    """Processes of the release before make reminders on a move, whatever the invitee wants."""
    await want(invitee, False)
    await change(
        database,
        "INSERT INTO reminders (booking_id, sequence, minutes_before, due_at)"
        " SELECT id, sequence, 30, now() FROM bookings",
    )
    await queue_reminders(deps)
    assert await rows(database, WAITING) == []
    assert await rows(database, MAILS) == []


async def test_a_booking_of_an_older_process(invitee: Invitee, database: Database) -> None:
    """It may have reminders, so there is a choice; they come back as they were."""
    await change(database, BEFORE_UPGRADE)
    assert (await invitee.get()).body["reminders"] == {"wanted": True}
    await want(invitee, False)
    assert await rows(database, WAITING) == []
    await want(invitee, True)
    assert await rows(database, WAITING) == [(0, 30), (0, 60)]


async def test_stop_waits_for_the_job_that_queues_a_reminder(
    invitee: Invitee, database: Database
) -> None:
    """The mail that the job has queued meanwhile is suppressed."""
    await change(database, MAKE_DUE)
    async with database.transaction() as connection:
        due = await reminders.lock_due(connection, limit=10)
        stopping = asyncio.create_task(want(invitee, False))
        await eventually(lambda: _is_waiting(database))
        mails = [
            reminder_email(reminder, booking, "https://meet.example", now=datetime.now(UTC))
            for reminder, booking in due
        ]
        await emails.add(connection, [mail for mail in mails if mail is not None])
        await reminders.remove(connection, [reminder for reminder, _booking in due])
    assert (await stopping).status == 200
    assert await rows(database, MAILS) == [("SUPPRESSED", NOT_WANTED)] * 2


async def test_a_move_that_waits_for_the_choice_makes_no_reminders(
    invitee: Invitee, host: Caller, database: Database
) -> None:
    """It has read the booking before, and sees the choice of the row."""
    async with database.transaction() as connection:
        booking = await bookings.lock(
            connection, host_id=host.host_id, booking_id=UUID(invitee.booking_id)
        )
        moving = asyncio.create_task(invitee.move(4))
        await eventually(lambda: _is_waiting(database))
        chosen = booking.want_reminders(False, now=datetime.now(UTC))
        await bookings.save_reminders_wanted(connection, chosen)
        await reminders.remove_of_booking(connection, booking.id)
    assert (await moving).status == 200
    assert await rows(database, WAITING) == []


async def _is_waiting(database: Database) -> bool:
    return await lock_waiters(database) == 1


async def test_several_at_once(invitee: Invitee, database: Database) -> None:
    """Each is answered with its own choice; reminders are there if and only if they are wanted."""
    choices = [number % 2 == 0 for number in range(8)]
    replies = await asyncio.gather(*(want(invitee, choice) for choice in choices))
    assert [reply.body for reply in replies] == [{"wanted": choice} for choice in choices]
    wanted = (await invitee.get()).body["reminders"]["wanted"]
    assert await rows(database, WAITING) == ([(0, 30), (0, 60)] if wanted else [])


async def test_a_host_cannot_send_one_again(
    invitee: Invitee, host: Caller, deps: Deps, database: Database
) -> None:
    await change(database, f"{MAKE_DUE} WHERE minutes_before = 60")
    await queue_reminders(deps)
    await want(invitee, False)
    ((mail,),) = await rows(database, "SELECT id FROM email_messages WHERE kind = 'reminder'")
    resend = f"/{invitee.booking_id}/emails/{mail}/resend"
    refused = await host.dashboard("POST", resend)
    assert (refused.status, refused.body["code"]) == (409, "email_outdated")
    await want(invitee, True)
    assert (await host.dashboard("POST", resend)).status == 200


async def test_nothing_to_choose(service: Running, event_type: EventType, invitee: Invitee) -> None:
    """Of an event type without reminders, unless it has none only since; of a cancelled booking."""
    event_type.reminder_minutes = []
    without = await invitee_of(service, event_type, 4)
    assert (await without.get()).body["reminders"] is None
    await want(invitee, False)
    await invitee.move(8)
    assert (await invitee.get()).body["reminders"] == {"wanted": False}
    await invitee.cancel()
    assert (await invitee.get()).body["reminders"] is None


async def test_a_booking_that_is_over(invitee: Invitee, database: Database) -> None:
    """409 as for its cancellation."""
    await change(
        database,
        "UPDATE bookings SET starts_at = starts_at - interval '30 days',"
        " ends_at = ends_at - interval '30 days'",
    )
    assert (await want(invitee, False)).body["code"] == "booking_ended"
    await change(database, "UPDATE bookings SET status = 'CANCELLED', cancelled_at = now()")
    refused = await want(invitee, False)
    assert (refused.status, refused.body["code"]) == (409, "already_cancelled")
    assert await rows(database, "SELECT reminders_wanted FROM bookings") == [(True,)]


async def test_the_change_notice_does_not_matter(invitee: Invitee, database: Database) -> None:
    await change(database, "UPDATE bookings SET change_notice_minutes = 1000000")
    assert (await invitee.cancel()).body["code"] == "change_too_late"
    assert (await want(invitee, False)).status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "wanted"),
        ({"wanted": "false"}, "wanted"),
        ({"wanted": None}, "wanted"),
        ({"wanted": 0}, "wanted"),
        ({"wanted": False, "kind": "x"}, "kind"),
    ],
)
async def test_invalid_body(invitee: Invitee, body: Any, field: str) -> None:
    """400 with the field named; nothing changes."""
    reply = await invitee.send("PUT", "/reminders", body)
    assert (reply.status, list(reply.body["details"])) == (400, [field])
    assert (await invitee.get()).body["reminders"] == {"wanted": True}


async def test_unknown_token(invitee: Invitee, service: Running) -> None:
    for token in ("x", invitee.token[:-2], invitee.booking_id):
        reply = await want(Invitee(service, token), False)
        assert (reply.status, reply.body["code"]) == (404, "booking_not_found")
