"""Mails of every kind, from what the service writes and not from samples."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType
from services.bookings.tests.mail.queued import LIMITS, SENDER
from services.bookings.tests.rows import change

from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.domain.refused_mail import mail_refused
from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.preview import html_of, text_of
from linktime_bookings.mail.rendering import render
from linktime_bookings.store import emails
from linktime_bookings.use_cases.queue_reminders import queue_reminders
from linktime_common.contracts.events import Event
from linktime_common.contracts.events.availability import (
    CalendarDisconnected,
    CalendarEventChange,
    CalendarEventChanged,
    DisconnectionReason,
)
from linktime_common.contracts.events.gateway import AccountMailKind, AccountMailRequested
from linktime_common.contracts.events.webhooks import NoticeRequested, WebhookNotice
from linktime_common.ids import new_id
from linktime_common.postgres import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CODE = re.compile(r"\b(?:calendar|webhook|account|booking)\.[a-z]\w*|\b[a-z]+_[a-z_]+\b")


def consumed(host_id: UUID, booking_id: UUID) -> Iterator[Event]:
    """Yield an event of each sort from which a mail is made."""
    given: dict[str, Any] = {"occurred_at": NOW, "aggregate_id": new_id(), "aggregate_version": 1}
    for notice in WebhookNotice:
        url = "https://hooks.example/x"
        yield NoticeRequested(**given, owner_id=new_id(), notice=notice, url=url)
    for reason in DisconnectionReason:
        yield CalendarDisconnected(**given, owner_id=new_id(), subject="Work", reason=reason)
    for kind in AccountMailKind:
        user_id = new_id()
        yield AccountMailRequested(**given, owner_id=user_id, user_id=user_id, kind=kind)
    for deed in CalendarEventChange:
        yield CalendarEventChanged(**given, owner_id=host_id, booking_id=booking_id, change=deed)


async def made(host: Caller, deps: Deps) -> list[Email]:
    """Return the mails of a booking that is reminded of, moved and cancelled, and of the events."""
    database = deps.database
    booking_id = await host.booked(slot(0))
    await change(database, "UPDATE reminders SET due_at = now()")
    await queue_reminders(deps)
    for event in consumed(host.host_id, UUID(booking_id)):
        async with database.transaction() as connection:
            await HANDLERS[type(event)](connection, event)
    moved = await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(slot(4))})
    cancelled = await host.post(f"/{booking_id}/cancel", {})
    assert (moved.status, cancelled.status) == (200, 200)
    # As if each was tried before the next change of the booking, or it would be suppressed.
    await change(
        database, "UPDATE email_messages SET status = 'QUEUED', due_at = now(), attempts = 1"
    )
    async with database.connection() as connection:
        found, _more = await emails.lease(connection, limit=100, seconds=60, limits=LIMITS)
    (confirmation,) = (email for email in found if email.kind is Kind.CONFIRMATION)
    return [*found, mail_refused(confirmation, "550 No such user")]


async def test_no_mail_has_a_code_in_it(
    host: Caller, event_type: EventType, deps: Deps, database: Database
) -> None:
    """In any language; texts are for people."""
    event_type.reminder_minutes = [30]
    found = await made(host, deps)
    assert {email.kind for email in found} == set(Kind)
    for email in found:
        link = {"link": "https://meet.example/x"} if email.kind.is_of_account else {}
        to = email.recipient or "ada@host.example"
        for locale in languages():
            complete = replace(email, recipient=to, locale=locale, facts={**email.facts, **link})
            message = render(complete, SENDER, now=NOW)
            for body in (text_of(message), html_of(message)):
                assert CODE.findall(body.decode()) == [], email.kind
