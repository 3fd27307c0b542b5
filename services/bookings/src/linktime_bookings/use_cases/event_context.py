"""The parts of events that are not in the booking's row."""

from linktime_bookings.deps import Deps
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.events import EventContext
from linktime_bookings.domain.links import Linked


async def event_context(booking: Booking, deps: Deps) -> EventContext:
    """Return the invitee's link, and the contact's id if contacts returns one in time.

    Calls another service, so call it outside transactions.
    """
    contact = await deps.contacts.find(owner_id=booking.host.id, email=booking.invitee.email)
    return EventContext(link_of(booking, deps), contact.id if contact else None)


def link_of(booking: Booking, deps: Deps) -> str:
    """Return the invitee's link to the booking."""
    return deps.links.url(Linked(booking.id, booking.host.id))
