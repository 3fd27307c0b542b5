"""Rebuilding a projection: an owner lists its state, the consumer processes it.

GET  <bookings>/internal/bookings?after=…&limit=…   → 200 BookingPage, by id (operator)
GET  <scim>/internal/users?after=…&limit=…          → 200 DirectoryUsers, by id
POST <consumer>/internal/resync                     Resync → 200 Resynced (operator)

The consumer runs the same version-guarded handlers as for events, and sends no mail, no webhook
and no event.
"""

from uuid import UUID

from pydantic import Field

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.contracts.wire import WireModel


class VersionedBooking(WireModel):
    booking: BookingState
    version: int


class BookingPage(WireModel):
    data: list[VersionedBooking]
    next_after: UUID | None  # None on the last page


class Resync(WireModel):
    """One page of each owner's state; at most 500 entries in all."""

    bookings: list[VersionedBooking] = Field(default_factory=list)
    users: list[DirectoryUser] = Field(default_factory=list)


class Resynced(WireModel):
    applied: int  # entries newer than the stored ones
