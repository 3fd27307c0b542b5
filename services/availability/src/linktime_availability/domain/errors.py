"""Refusals; each docstring is the error message in the response."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from linktime_availability.domain.slots import Rule
from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.errors import Refusal


class HostNotFound(Refusal):
    """Host not found"""


class EventTypeNotFound(Refusal):
    """Event type not found"""


class BookingNotFound(Refusal):
    """Booking not found"""


class BookingAlreadyCancelled(Refusal):
    """This booking is already cancelled"""

    code = "already_cancelled"


class BookingEnded(Refusal):
    """This booking has already ended"""


class ScheduleNotFound(Refusal):
    """Schedule not found"""


class ScheduleInUse(Refusal):
    """Event types use this schedule; choose another one for them first"""

    def __init__(self, event_types: Sequence[tuple[UUID, str]]) -> None:
        """`event_types` are the ids and names of those that use it."""
        super().__init__()
        self.more = {"eventTypes": [{"id": str(one), "name": name} for one, name in event_types]}


class DefaultScheduleRequired(Refusal):
    """A host always has a default schedule; make another one the default first"""


class TooManySchedules(Refusal):
    """There are 20 schedules already; delete one first"""


class SlugTaken(Refusal):
    """An event type with this slug already exists"""


class DateNotFound(Refusal):
    """No such date; write it as 2026-03-01"""


class OverrideNotFound(Refusal):
    """This date has no override"""


class TooManyOverrides(Refusal):
    """There are 1,000 overrides already; remove some that have passed"""


class TimeOffNotFound(Refusal):
    """Time off not found"""


class TooManyTimeOff(Refusal):
    """There are 200 entries of time off already; remove some that have passed"""


class LogoNotFound(Refusal):
    """Logo not found"""


class ReservationNotFound(Refusal):
    """Reservation not found"""


class ReservationFreed(Refusal):
    """This reservation was freed and cannot be used again"""


class ReservationIdTaken(Refusal):
    """This reservation id was used for something else"""


class TimeTaken(Refusal):
    """This time is no longer available"""

    code = "slot_taken"


class CalendarBusy(Refusal):
    """The host's calendar is busy at this time"""


class CalendarUnknown(Refusal):
    """The host's calendar cannot be read at the moment, so nothing can be booked"""


class CalendarAccountNotFound(Refusal):
    """Calendar account not found"""


class CalendarAlreadyConnected(Refusal):
    """Another account has this calendar already; connect that one again, or disconnect it first"""

    def __init__(self, account_id: UUID, server: str) -> None:
        super().__init__(account_id=account_id)
        self.sentence = (
            f"The account {account_id} at {server} has this calendar already; connect that one "
            "again, or disconnect it first"
        )
        self.more = {"accountId": str(account_id)}


class CalendarNotFound(Refusal):
    """Calendar not found"""


class TooManyCalendarAccounts(Refusal):
    """There are 10 calendar accounts already; disconnect one first"""


class TooManyCalendars(Refusal):
    """20 calendars are read already; stop reading one first"""


class CalendarReadOnly(Refusal):
    """This calendar can only be read"""


WHY_NOT: Mapping[Rule, str] = {
    Rule.INACTIVE: "This event type takes no bookings",
    Rule.NOTICE: "This time is in the past or too soon to be booked",
    Rule.HORIZON: "This time is further ahead than can be booked",
    Rule.OUTSIDE_HOURS: "This time is outside the host's working hours",
    Rule.NOT_ON_GRID: "This time is not one of the offered slots",
    Rule.TIME_OFF: "The host takes no bookings at this time",
    Rule.HOLIDAY: "The host takes no bookings on this holiday",
    Rule.DAILY_LIMIT: "No more bookings are taken on this day",
    Rule.WEEKLY_LIMIT: "No more bookings are taken in this week",
    Rule.MONTHLY_LIMIT: "No more bookings are taken in this month",
    Rule.BUSY: TimeTaken.sentence,
    Rule.CALENDAR_BUSY: CalendarBusy.sentence,
    Rule.CALENDAR_UNKNOWN: CalendarUnknown.sentence,
    Rule.BUFFER: TimeTaken.sentence,
}
"""The error message of each slot rule."""

CODES: Mapping[Rule, ErrorCode] = {
    Rule.INACTIVE: ErrorCode.EVENT_TYPE_INACTIVE,
    Rule.NOTICE: ErrorCode.TOO_SOON,
    Rule.HORIZON: ErrorCode.TOO_FAR,
    Rule.OUTSIDE_HOURS: ErrorCode.OUTSIDE_HOURS,
    Rule.NOT_ON_GRID: ErrorCode.NOT_ON_GRID,
    Rule.TIME_OFF: ErrorCode.TIME_OFF,
    Rule.HOLIDAY: ErrorCode.HOLIDAY,
    Rule.DAILY_LIMIT: ErrorCode.DAILY_LIMIT,
    Rule.WEEKLY_LIMIT: ErrorCode.WEEKLY_LIMIT,
    Rule.MONTHLY_LIMIT: ErrorCode.MONTHLY_LIMIT,
    Rule.BUSY: ErrorCode.SLOT_TAKEN,
    Rule.CALENDAR_BUSY: ErrorCode.CALENDAR_BUSY,
    Rule.CALENDAR_UNKNOWN: ErrorCode.CALENDAR_UNKNOWN,
    Rule.BUFFER: ErrorCode.SLOT_TAKEN,
}
"""The code of each slot rule, as bookings answers it."""
