"""The mails of a booking: their log, and sending one again."""

import asyncio
from typing import Any

import pytest
from services.bookings.tests.calls import Caller, Reply, slot, wire
from services.bookings.tests.fakes import EventType, a_host
from services.bookings.tests.rows import change, rows

from linktime_bookings.domain.errors import EmailNotResendable, EmailOutdated
from linktime_bookings.store import email_logs
from linktime_common.ids import new_id
from linktime_common.postgres import Database

NOT_FOUND = {"error": "Email not found", "code": "email_not_found"}
MAILS = "SELECT kind, sequence, resend_of FROM email_messages ORDER BY created_at, kind"


async def logs(host: Caller, booking_id: str) -> list[dict[str, Any]]:
    reply = await host.get(f"/{booking_id}")
    assert reply.status == 200
    found: list[dict[str, Any]] = reply.body["emailLogs"]
    return found


async def mail_of(host: Caller, booking_id: str, kind: str) -> str:
    (found,) = [mail["id"] for mail in await logs(host, booking_id) if mail["type"] == kind]
    return str(found)


async def resend(host: Caller, booking_id: object, email_id: object, **more: Any) -> Reply:
    return await host.dashboard("POST", f"/{booking_id}/emails/{email_id}/resend", **more)


async def test_log_says_what_became_of_each_mail(host: Caller, database: Database) -> None:
    """Oldest first, with a key and in the dashboard."""
    booking_id = await host.booked(slot(0))
    await change(
        database,
        "UPDATE email_messages SET status = 'SENT', sent_at = '2026-03-01T14:00:00.25Z' "
        "WHERE kind = 'confirmation'",
    )
    await change(
        database,
        "UPDATE email_messages SET status = 'FAILED', error = '550 no such user' "
        "WHERE kind = 'host_booked'",
    )
    await host.post(f"/{booking_id}/cancel", {})
    found = await logs(host, booking_id)
    assert (await host.dashboard("GET", f"/{booking_id}")).body["emailLogs"] == found
    assert [mail["type"] for mail in found] == [
        "confirmation",
        "host_booked",
        "cancelled",
        "host_cancelled",
    ]
    assert found[0] == {
        "id": found[0]["id"],
        "type": "confirmation",
        "recipient": "grace@navy.example",
        "status": "SENT",
        "sentAt": "2026-03-01T14:00:00.250Z",
        "error": None,
    }
    assert (found[1]["status"], found[1]["error"]) == ("FAILED", "550 no such user")
    assert (found[2]["status"], found[2]["sentAt"]) == ("QUEUED", None)


async def test_log_is_limited(
    host: Caller, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are shown."""
    monkeypatch.setattr(email_logs, "MOST_LINES", 2)
    booking_id = await host.booked(slot(0))
    await host.post(f"/{booking_id}/cancel", {})
    assert [mail["type"] for mail in await logs(host, booking_id)] == [
        "cancelled",
        "host_cancelled",
    ]


async def test_resend_is_about_the_booking_as_it_is(host: Caller, database: Database) -> None:
    """A confirmation sent again after a reschedule has the new time."""
    booking_id = await host.booked(slot(0))
    first = await mail_of(host, booking_id, "confirmation")
    await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(4))})
    reply = await resend(host, booking_id, first)
    assert (reply.status, reply.body) == (200, {"success": True})
    again = (await logs(host, booking_id))[-1]
    assert (again["type"], again["status"]) == ("confirmation", "QUEUED")
    ((facts, sequence),) = await rows(
        database, "SELECT facts, sequence FROM email_messages WHERE resend_of IS NOT NULL"
    )
    assert (facts["booking"]["startTime"], sequence) == (wire(slot(4)), 1)
    moved = await mail_of(host, booking_id, "rescheduled")
    assert (await resend(host, booking_id, moved)).status == 200
    ((before,),) = await rows(
        database,
        "SELECT facts ->> 'previousStartTime' FROM email_messages "
        "WHERE resend_of IS NOT NULL AND kind = 'rescheduled'",
    )
    assert before == wire(slot(0))


async def test_cancelled_booking_resends_its_cancellation(host: Caller) -> None:
    booking_id = await host.booked(slot(0))
    confirmation = await mail_of(host, booking_id, "confirmation")
    await host.post(f"/{booking_id}/cancel", {})
    reply = await resend(host, booking_id, confirmation)
    assert (reply.status, reply.body) == (
        409,
        {
            "error": EmailOutdated.sentence,
            "code": "email_outdated",
        },
    )
    for kind in ("cancelled", "host_cancelled"):
        email_id = await mail_of(host, booking_id, kind)
        assert (await resend(host, booking_id, email_id)).status == 200


async def test_ended_booking_resends_nothing(host: Caller, database: Database) -> None:
    booking_id = await host.booked(slot(0))
    await change(
        database,
        "UPDATE bookings SET starts_at = now() - interval '1 hour', ends_at = now()",
    )
    email_id = await mail_of(host, booking_id, "host_booked")
    assert (await resend(host, booking_id, email_id)).status == 409


async def test_five_resends_within_a_day(host: Caller, database: Database) -> None:
    """Counted for the first mail, also those of a resend; 429 says when to try again."""
    booking_id = await host.booked(slot(0))
    first = await mail_of(host, booking_id, "confirmation")
    assert (await resend(host, booking_id, first)).status == 200
    again = (await logs(host, booking_id))[-1]["id"]
    replies = await asyncio.gather(*(resend(host, booking_id, again) for _ in range(6)))
    assert sorted(reply.status for reply in replies) == [200] * 4 + [429] * 2
    (refused, *_) = [reply for reply in replies if reply.status == 429]
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    other = await mail_of(host, booking_id, "host_booked")
    assert (await resend(host, booking_id, other)).status == 200
    await change(database, "UPDATE email_messages SET created_at = now() - interval '25 hours'")
    assert (await resend(host, booking_id, first)).status == 200
    resends = [row for row in await rows(database, MAILS) if str(row[2]) == first]
    assert len(resends) == 6


async def test_resend_with_a_key_is_done_once(host: Caller, database: Database) -> None:
    booking_id = await host.booked(slot(0))
    email_id = await mail_of(host, booking_id, "confirmation")
    for _ in range(2):
        assert (await resend(host, booking_id, email_id, key="k")).status == 200
    assert len(await rows(database, MAILS)) == 3


async def test_mail_after_its_retention_is_sent_again(host: Caller, database: Database) -> None:
    """From the booking, to the whole address."""
    booking_id = await host.booked(slot(0))
    await change(database, "UPDATE email_messages SET facts = NULL, recipient = 'g…@navy.example'")
    email_id = await mail_of(host, booking_id, "confirmation")
    assert (await resend(host, booking_id, email_id)).status == 200
    assert (await logs(host, booking_id))[-1]["recipient"] == "grace@navy.example"


async def test_reminder_of_a_started_meeting_is_not_sent_again(
    host: Caller, event_type: EventType, database: Database
) -> None:
    booking_id = await host.booked(slot(0))
    await change(
        database, "UPDATE email_messages SET kind = 'reminder' WHERE kind = 'confirmation'"
    )
    email_id = await mail_of(host, booking_id, "reminder")
    assert (await resend(host, booking_id, email_id)).status == 200
    await change(database, "UPDATE bookings SET starts_at = now() - interval '1 minute'")
    assert (await resend(host, booking_id, email_id)).status == 409


async def test_no_such_mail(host: Caller, database: Database) -> None:
    """Unknown, malformed, of another booking, or of another host."""
    booking_id, other_id = await host.booked(slot(0)), await host.booked(slot(1))
    email_id = await mail_of(host, booking_id, "confirmation")
    for unknown in (new_id(), "nonsense"):
        reply = await resend(host, booking_id, unknown)
        assert (reply.status, reply.body) == (404, NOT_FOUND)
    assert (await resend(host, other_id, email_id)).status == 404
    stranger = Caller(host.service, a_host("Bob").id)
    assert (await resend(stranger, booking_id, email_id)).status == 404
    assert len(await rows(database, MAILS)) == 4


@pytest.mark.parametrize("kind", ["host_mail_refused", "calendar_event_changed"])
async def test_some_types_are_never_sent_again(host: Caller, database: Database, kind: str) -> None:
    """The refusal says so, whatever has become of the booking."""
    booking_id = await host.booked(slot(0))
    email_id = await mail_of(host, booking_id, "host_booked")
    await change(database, f"UPDATE email_messages SET kind = '{kind}' WHERE kind = 'host_booked'")
    for _ in range(2):
        reply = await resend(host, booking_id, email_id)
        assert (reply.status, reply.body) == (
            409,
            {"error": EmailNotResendable.sentence, "code": "email_not_resendable"},
        )
        await host.post(f"/{booking_id}/cancel", {})
