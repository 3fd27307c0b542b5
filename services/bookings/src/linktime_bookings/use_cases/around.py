"""What events say of a booking that is kept elsewhere."""

from linktime_bookings.deps import Deps
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.events import Around
from linktime_bookings.domain.links import Linked


async def around(booking: Booking, deps: Deps) -> Around:
    """The invitee's link, and the contact if contacts knows one and answers in time.

    Asks another service: call it outside of transactions.
    """
    contact = await deps.contacts.find(owner_id=booking.host.id, email=booking.invitee.email)
    return Around(link_of(booking, deps), contact.id if contact else None)


def link_of(booking: Booking, deps: Deps) -> str:
    """The invitee's link to the booking."""
    return deps.links.url(Linked(booking.id, booking.host.id))
