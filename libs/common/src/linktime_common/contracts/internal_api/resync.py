"""Rebuilding a projection: an owner lists its state, the consumer processes it.

GET  <bookings>/internal/bookings?after=…&limit=…   → 200 BookingPage, by id (operator)
GET  <scim>/internal/users?after=…&limit=…          → 200 DirectoryUsers, by id
POST <bookings>/internal/bookings/lookup            BookingIds → 200 BookingPage, those that exist
POST <consumer>/internal/resync                     Resync → 200 Resynced (operator)
POST <availability>/internal/bookings/restore       Restore → 200 Restored (operator)

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


class BookingIds(WireModel):
    ids: list[UUID] = Field(max_length=500)


class Resync(WireModel):
    """One page of each owner's state; at most 500 entries in all."""

    bookings: list[VersionedBooking] = Field(default_factory=list)
    users: list[DirectoryUser] = Field(default_factory=list)


class Resynced(WireModel):
    applied: int  # entries newer than the stored ones


class SeenBooking(VersionedBooking):
    """`seen` is the version that availability had when it was compared, None for none."""

    seen: int | None = None


class Restore(WireModel):
    """Bookings to apply even if a newer version is known or their reservation is freed.

    Nothing is applied to a booking of which availability has another version than was seen.
    """

    bookings: list[SeenBooking] = Field(max_length=500)


class Restored(WireModel):
    refused: list[UUID] = Field(default_factory=list)  # bookings whose time another booking has
