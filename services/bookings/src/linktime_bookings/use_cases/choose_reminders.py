"""Stop the reminders of a booking for its invitee, or send them again."""

from dataclasses import dataclass
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.reminders import remaining_reminders
from linktime_bookings.store import bookings, outdated_emails, reminders
from linktime_common.idempotency import WriteAttempt


@dataclass(frozen=True, kw_only=True)
class ChooseReminders:
    host_id: UUID
    booking_id: UUID
    wanted: bool


async def choose_reminders(
    command: ChooseReminders, deps: Deps, attempt: WriteAttempt[Booking]
) -> Booking:
    """Write the choice with its effect on waiting reminders; return the booking with it.

    Nothing is done for the present choice. Raises BookingNotFound, BookingAlreadyCancelled,
    BookingEnded.
    """
    host_id, booking_id = command.host_id, command.booking_id
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        before = await bookings.lock(connection, host_id=host_id, booking_id=booking_id)
        chosen = before.want_reminders(command.wanted, now=now)
        await attempt.keep(connection, chosen)
        if chosen == before:
            return chosen
        await bookings.save_reminders_wanted(connection, chosen)
        if chosen.reminders_wanted:
            await reminders.add(connection, remaining_reminders(chosen, now=now))
        else:
            await reminders.remove_of_booking(connection, booking_id)
            await outdated_emails.suppress_reminders(
                connection, owner_id=host_id, booking_id=booking_id
            )
    return chosen
