"""The handler of each consumed event."""

from collections.abc import Mapping

from linktime_bookings.domain.account_mails import account_email
from linktime_bookings.domain.notices import calendar_email, calendar_event_email, webhook_email
from linktime_bookings.store import bookings, deprovisionings, emails
from linktime_bookings.store.deprovisionings import Deprovisioning
from linktime_common.contracts.events import Event
from linktime_common.contracts.events.availability import CalendarDisconnected, CalendarEventChanged
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.contracts.events.gateway import AccountMailRequested
from linktime_common.contracts.events.scim import MemberDeprovisioned, UserDeleted
from linktime_common.contracts.events.webhooks import NoticeRequested
from linktime_common.erasure import add_round
from linktime_common.messaging.applying import Handler
from linktime_common.postgres import Connection
from linktime_common.user_deletion import on_user_deleted, unless_deleted


async def on_member_deprovisioned(connection: Connection, event: MemberDeprovisioned) -> None:
    """Store a job, since cancelling may concern thousands of bookings."""
    await deprovisionings.add(
        connection,
        Deprovisioning(
            membership_id=event.aggregate_id,
            host_id=event.user_id,
            created_before=event.occurred_at,
        ),
    )


async def on_notice_requested(connection: Connection, event: NoticeRequested) -> None:
    """Queue a mail to the host."""
    mail = webhook_email(
        event_id=event.event_id,
        user_id=event.owner_id,
        notice=event.notice,
        url=event.url,
        at=event.occurred_at,
    )
    await emails.add(connection, [mail])


async def on_account_mail_requested(connection: Connection, event: AccountMailRequested) -> None:
    """Queue a mail to the user."""
    mail = account_email(
        event_id=event.event_id, user_id=event.user_id, mail=event.kind, at=event.occurred_at
    )
    await emails.add(connection, [mail])


async def on_calendar_disconnected(connection: Connection, event: CalendarDisconnected) -> None:
    """Queue a mail to the host."""
    await emails.add(connection, [calendar_email(event)])


async def on_calendar_event_changed(connection: Connection, event: CalendarEventChanged) -> None:
    """Queue a mail to the host, unless the booking was cancelled meanwhile."""
    booking = await bookings.find(connection, host_id=event.owner_id, booking_id=event.booking_id)
    if booking.status is not BookingStatus.CANCELLED:
        await emails.add(connection, [calendar_event_email(booking, event)])


HANDLERS: Mapping[type[Event], Handler] = {
    MemberDeprovisioned: unless_deleted(on_member_deprovisioned),
    NoticeRequested: unless_deleted(on_notice_requested),
    AccountMailRequested: unless_deleted(on_account_mail_requested),
    CalendarDisconnected: unless_deleted(on_calendar_disconnected),
    CalendarEventChanged: unless_deleted(on_calendar_event_changed),
    ErasureRequested: unless_deleted(add_round),
    UserDeleted: on_user_deleted,
}
