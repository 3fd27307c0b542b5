"""Refusal → status."""

from linktime_availability.domain.errors import (
    CalendarAccountNotFound,
    CalendarBusy,
    CalendarNotFound,
    CalendarReadOnly,
    CalendarUnknown,
    DateNotFound,
    EventTypeNotFound,
    HostNotFound,
    OverrideNotFound,
    ReservationFreed,
    ReservationIdTaken,
    ReservationNotFound,
    SlugTaken,
    TimeTaken,
    TooManyCalendarAccounts,
    TooManyCalendars,
    TooManyOverrides,
)
from linktime_common.http.errors import StatusTable

STATUSES: StatusTable = {
    HostNotFound: 404,
    EventTypeNotFound: 404,
    SlugTaken: 409,
    DateNotFound: 404,
    OverrideNotFound: 404,
    TooManyOverrides: 409,
    ReservationNotFound: 404,
    ReservationFreed: 410,
    ReservationIdTaken: 409,
    TimeTaken: 409,
    CalendarBusy: 409,
    CalendarUnknown: 409,
    CalendarAccountNotFound: 404,
    CalendarNotFound: 404,
    CalendarReadOnly: 409,
    TooManyCalendarAccounts: 409,
    TooManyCalendars: 409,
}
