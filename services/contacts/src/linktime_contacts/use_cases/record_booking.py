"""Record a booking as a meeting; the first event of a booking creates or completes its contact."""

from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.bookings import BookingState
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_common.redaction import ERASED_EMAIL
from linktime_common.user_deletion import is_deleted
from linktime_contacts.domain.contact import Contact, contact_created
from linktime_contacts.domain.meeting import Meeting, figures_of, meeting_of
from linktime_contacts.store import contact_aliases, contacts, invitee_contacts, meetings


async def record_booking(
    connection: Connection,
    booking: BookingState,
    *,
    version: int,
    occurred_at: datetime | None,
    now: datetime,
) -> bool:
    """Return True when anything was written. Runs in the caller's transaction.

    `occurred_at` is the event's time; without it (a rebuilt projection) no event is written. `now`
    is the time of the write, which may be much later: lists of changes find the contact by it. An
    existing meeting means that the booking has had its contact, so a deleted contact is not
    restored; a booking whose invitee is erased has none, and one of a deleted host is not recorded.
    The meeting is inserted before an existing contact is changed.

    Raises ContactEmailTaken if the contact was merged into another one meanwhile; that one is found
    when this is called again.
    """
    owner_id, meeting = booking.host.id, meeting_of(booking)
    booked_at = booking.created_at
    if not await meetings.insert(
        connection, meeting, owner_id=owner_id, version=version, booked_at=booked_at
    ):
        if await is_deleted(connection, owner_id):
            return False
        return await _change(connection, meeting, owner_id=owner_id, version=version, now=now)
    if booking.invitee_email != ERASED_EMAIL:
        await _add_contact(connection, booking, meeting, occurred_at, now)
    return True


async def _change(
    connection: Connection, meeting: Meeting, *, owner_id: UUID, version: int, now: datetime
) -> bool:
    # A contact that gets the meeting by a merge meanwhile is changed by that.
    contact_id = await contacts.lock_of_booking(connection, owner_id, meeting.booking_id)
    is_changed = await meetings.update(connection, meeting, owner_id=owner_id, version=version)
    if is_changed and contact_id is not None:
        await contacts.touch(connection, owner_id, contact_id, now=now)
    return is_changed


def _contact_of(booking: BookingState, now: datetime) -> Contact:
    return Contact(
        id=new_id(),
        owner_id=booking.host.id,
        name=booking.invitee_name,
        email=booking.invitee_email,
        phone=booking.invitee_phone,
        version=next_version(0, booking.created_at),
        # The same for every event of the booking.
        created_at=booking.created_at,
        updated_at=max(booking.created_at, now),
    )


async def _add_contact(
    connection: Connection,
    booking: BookingState,
    meeting: Meeting,
    occurred_at: datetime | None,
    now: datetime,
) -> None:
    """Link the recorded meeting to the invitee's contact, a new one with its event if needed."""
    wanted = _contact_of(booking, now)
    event = None
    if occurred_at is not None:
        figures = figures_of(meeting, now=occurred_at)
        event = contact_created(wanted, figures, source="booking", occurred_at=occurred_at)
    while not await invitee_contacts.insert(connection, wanted, booking_id=booking.id, event=event):
        if await _link_existing(connection, booking, wanted, now):
            return


async def _link_existing(
    connection: Connection, booking: BookingState, wanted: Contact, now: datetime
) -> bool:
    """Fill the contact and link the meeting to it; False if it was deleted after the insert."""
    existing = await contacts.lock_by_email(connection, wanted.owner_id, wanted.email)
    if existing is None:
        return False
    filled = existing.filled(name=booking.invitee_name, phone=booking.invitee_phone, now=now)
    if filled == existing:
        await contacts.touch(connection, existing.owner_id, existing.id, now=now)
    else:
        await contacts.save(connection, filled)
        await contact_aliases.replace_changed(connection, existing, filled)
    await meetings.link(
        connection, owner_id=wanted.owner_id, booking_id=booking.id, contact_id=existing.id
    )
    return True
