"""Turn due reminders into mails."""

from linktime_bookings.deps import Deps
from linktime_bookings.domain.reminders import reminder_email
from linktime_bookings.store import emails, reminders
from linktime_bookings.use_cases.event_context import link_of
from linktime_common.faults import reach

MOST_AT_ONCE = 100


async def queue_reminders(deps: Deps) -> None:
    """Queue the mails of due reminders; any number of processes may run it concurrently.

    A moved or cancelled booking is checked again here, in the transaction that queues the mail.
    """
    while await _queue_some(deps) == MOST_AT_ONCE:
        pass


async def _queue_some(deps: Deps) -> int:
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        due = await reminders.lock_due(connection, limit=MOST_AT_ONCE)
        mails = [
            reminder_email(reminder, booking, link_of(booking, deps), now=now)
            for reminder, booking in due
        ]
        if due:
            await emails.add(connection, [mail for mail in mails if mail is not None])
            await reminders.remove(connection, [reminder for reminder, _booking in due])
            reach("reminders.committing")
    return len(due)
