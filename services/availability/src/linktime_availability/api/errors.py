"""Refusal → status."""

from linktime_availability.domain.errors import (
    DateNotFound,
    EventTypeNotFound,
    HostNotFound,
    OverrideNotFound,
    ReservationFreed,
    ReservationIdTaken,
    ReservationNotFound,
    SlugTaken,
    TimeTaken,
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
}
