"""Events that the availability service publishes."""

from enum import StrEnum
from typing import ClassVar

from linktime_common.contracts.events.base import Event


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
