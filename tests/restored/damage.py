"""Damage as by the restore of an older backup of one database, by SQL."""

from uuid import UUID

from tests.hosts import Host, rows

from linktime_local.testing.waiting import eventually

KNOWN = (
    ("availability", "SELECT FROM booking_versions WHERE booking_id = $1 AND version = $2"),
    ("contacts", "SELECT FROM meetings WHERE booking_id = $1 AND version = $2"),
)
FORGET_BOOKING = (
    "DELETE FROM email_messages WHERE booking_id = $1",
    "DELETE FROM reminders WHERE booking_id = $1",
    "DELETE FROM booking_history WHERE booking_id = $1",
    "DELETE FROM bookings WHERE id = $1",
)


async def booked(host: Host, start: str) -> UUID:
    """Return a new booking that all services know."""
    answer = await host.book_until_decided(start)
    assert answer.status == 201, answer
    booking = UUID(answer.body["bookingId"])
    await spread(host, booking)
    return booking


async def spread(host: Host, booking: UUID) -> None:
    """Wait until all services know the newest version of the booking."""
    query = "SELECT version FROM bookings WHERE id = $1"
    ((newest,),) = await rows(host.stack, "bookings", query, booking)

    async def is_known() -> bool:
        found = [
            await rows(host.stack, service, query, booking, newest) for service, query in KNOWN
        ]
        return all(found)

    await eventually(is_known, within=60, what="the booking in all services")


async def forget(host: Host, booking: UUID, *, keep: int = 0) -> None:
    """Restore bookings from before the booking; `keep` leaves its mails and reminders."""
    for statement in FORGET_BOOKING[keep:]:
        await rows(host.stack, "bookings", statement, booking)


async def reservation_of(host: Host, booking: UUID) -> list[str]:
    """Return the states of the booking's reservations that are not freed."""
    query = "SELECT status FROM reservations WHERE booking_id = $1 AND status <> 'freed'"
    return [status for (status,) in await rows(host.stack, "availability", query, booking)]
