"""Refusals; each docstring is the error message in the response."""

from linktime_common.errors import Refusal, Unavailable


class BookingNotFound(Refusal):
    """Booking not found."""


class CalendarFeedNotFound(Refusal):
    """Calendar feed not found."""


class EventTypeNotFound(Refusal):
    """Event type not found."""


class BookingAlreadyCancelled(Refusal):
    """This booking is already cancelled."""

    code = "already_cancelled"


class BookingEnded(Refusal):
    """This booking has already ended."""


class BookingChanged(Refusal):
    """This booking was changed by another request meanwhile."""


class SlotTaken(Refusal):
    """This time is already taken."""


class BusyInCalendar(Refusal):
    """The host's calendar is busy at this time."""

    code = "calendar_busy"


class CalendarUnread(Refusal):
    """The host's calendar cannot be read at the moment, so nothing can be booked."""

    code = "calendar_unknown"


class SlotTooSoon(Refusal):
    """This time has passed or is too soon to be booked."""

    code = "too_soon"


class SlotTooFarAhead(Refusal):
    """This time is too far ahead to be booked."""

    code = "too_far"


class SlotOutsideHours(Refusal):
    """This time is outside the hours that can be booked."""

    code = "outside_hours"


class HostOff(SlotOutsideHours):
    """This time is outside the hours that can be booked."""

    code = "time_off"


class HostHoliday(SlotOutsideHours):
    """This time is outside the hours that can be booked."""

    code = "holiday"


class SlotNotOffered(Refusal):
    """This time is not one of the offered slots."""

    code = "not_on_grid"


class DayFull(Refusal):
    """No more bookings are taken for this day."""

    code = "daily_limit"


class WeeklyLimit(Refusal):
    """No more bookings are taken for this week."""


class MonthlyLimit(Refusal):
    """No more bookings are taken for this month."""


class InviteeLimit(Refusal):
    """This e-mail address has as many upcoming bookings as this event type allows."""


class ChangeTooLate(Refusal):
    """It is too late for the invitee to cancel or move this booking; ask the host to do it."""


class EventTypeClosed(Refusal):
    """This event type takes no new bookings."""

    code = "event_type_inactive"


class ContactNotFound(Refusal):
    """Contact not found."""


class EmailNotFound(Refusal):
    """Email not found."""


class EmailOutdated(Refusal):
    """This mail no longer applies: the booking is cancelled or over, or no reminder is wanted."""


class EmailNotResendable(Refusal):
    """Mails of this type cannot be sent again."""


class TooManyResends(Refusal):
    """This mail was sent again too often, please try again later."""

    def __init__(self, *, seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = seconds


class InvalidAnswers(Exception):
    """Answers do not fit the event type's questions, or the phone number is none of the host's
    country; `problems` are messages by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("invalid answers")
        self.problems = problems


class HoldReleased(Unavailable):
    """The held time was released before the booking was written."""
