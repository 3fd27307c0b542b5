"""Events that the availability service publishes."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from linktime_common.contracts.events.base import Event, PersonErased
from linktime_common.contracts.wire import Instant


class DisconnectionReason(StrEnum):
    """Why a calendar is no longer read."""

    CREDENTIALS = "calendar.credentials"
    UNREACHABLE = "calendar.unreachable"


class CalendarDisconnected(Event):
    """A calendar cannot be read any more; published once for each disconnection."""

    type: ClassVar[str] = "calendar.disconnected"
    publisher: ClassVar[str] = "availability"
    consumers: ClassVar[frozenset[str]] = frozenset({"bookings"})
    subject: str  # the name of the calendar, or the server if the credentials are refused
    reason: DisconnectionReason
    stops_booking: bool | None = None
    """Whether nobody can book a time with the host until it is read again; older events: None."""


class CalendarEventChange(StrEnum):
    """What somebody did to the event of a booking in the host's calendar."""

    DELETED = "calendar_event.deleted"
    MOVED = "calendar_event.moved"


class CalendarEventChanged(Event):
    """The event of a booking was deleted or moved in the host's calendar, not by LinkTime.

    The booking is unchanged. Published once until LinkTime writes the event again.
    """

    type: ClassVar[str] = "calendar_event.changed"
    publisher: ClassVar[str] = "availability"
    consumers: ClassVar[frozenset[str]] = frozenset({"bookings"})
    booking_id: UUID
    change: CalendarEventChange
    new_start_time: Instant | None = None
    new_end_time: Instant | None = None
    """The time that a moved event has in the calendar; older events have None."""


class CalendarInviteeErased(PersonErased):
    """What is to be written to calendars no longer contains the person."""

    type: ClassVar[str] = "calendar_event.invitee_erased"
    publisher: ClassVar[str] = "availability"
