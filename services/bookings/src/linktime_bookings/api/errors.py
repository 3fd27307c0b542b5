"""The status of each refusal."""

from linktime_bookings.domain import errors
from linktime_common.http.errors import StatusTable

STATUSES: StatusTable = {
    errors.BookingNotFound: 404,
    errors.CalendarFeedNotFound: 404,
    errors.ContactNotFound: 404,
    errors.EventTypeNotFound: 404,
    errors.BookingAlreadyCancelled: 409,
    errors.BookingEnded: 409,
    errors.BookingChanged: 409,
    errors.SlotTaken: 409,
    errors.BusyInCalendar: 409,
    errors.CalendarUnread: 409,
    errors.SlotTooSoon: 409,
    errors.SlotTooFarAhead: 409,
    errors.SlotOutsideHours: 409,
    errors.HostOff: 409,
    errors.HostHoliday: 409,
    errors.SlotNotOffered: 409,
    errors.DayFull: 409,
    errors.WeeklyLimit: 409,
    errors.MonthlyLimit: 409,
    errors.InviteeLimit: 409,
    errors.ChangeTooLate: 409,
    errors.EventTypeClosed: 409,
    errors.EmailNotFound: 404,
    errors.EmailOutdated: 409,
    errors.EmailNotResendable: 409,
    errors.TooManyResends: 429,
}
