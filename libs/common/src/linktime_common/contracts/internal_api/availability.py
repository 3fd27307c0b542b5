"""Calls of bookings and the operator to availability's internal port.

POST /internal/reservations                ReserveRequest → 200 Reservation
    404 no such event type of this host; 409 RefusedReservation, naming the rule; 410 the id was
    freed
POST /internal/reservations/{id}/confirm   → 200; 404 unknown; 410 freed
POST /internal/reservations/{id}/free      → 200 always, also for an unknown id
GET  /internal/reservations?expired=true   → 200 ExpiredReservations, oldest first
POST /internal/slots                       MoveSlotsRequest → 200 Slots; 404 no such event type of
    this host
POST /internal/hosts/{id}/event-types      event type JSON of api.md → 201 MadeEventType (operator)
PUT  /internal/hosts/{id}/schedule         schedule JSON of api.md → 200 (operator)
"""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.events.bookings import BookedEventType, BookedHost
from linktime_common.contracts.wire import Instant, WireModel

Day = date  # in a model with a field `date` the type needs another name


class ReserveRequest(WireModel):
    """Hold a host's time for one booking; idempotent by `reservation_id`.

    A reschedule gives the booking's own duration and is allowed for an archived event type.
    """

    reservation_id: UUID
    booking_id: UUID
    host_id: UUID | None  # None for a public caller, who knows only the event type
    event_type_id: UUID | None = None
    event_type_slug: str | None = None  # needs host_id
    start_time: Instant
    reschedule_minutes: int | None = None  # the booking's own duration; None for a new booking
    ignore_rules: bool = False  # for the host: only busy and reserved time and buffers are refused

    @model_validator(mode="after")
    def _names_one_event_type(self) -> Self:
        by_slug = self.event_type_slug is not None and self.host_id is not None
        if (self.event_type_id is not None) == by_slug:
            raise ValueError("name the event type by its id, or by its slug and host")
        return self


class Question(WireModel):
    id: str
    label: str
    type: Literal["text", "textarea", "select", "checkbox", "phone"]
    required: bool
    options: list[str]


class Reservation(WireModel):
    """The held time, with the fields of event type and host that the booking stores."""

    reservation_id: UUID
    booking_id: UUID
    start_time: Instant
    end_time: Instant
    buffer_before: int  # minutes
    buffer_after: int
    location: str | None
    questions: list[Question]
    reminder_minutes: list[int] = Field(default_factory=list)  # before the start
    max_active_per_invitee: int | None = None  # bookings of one e-mail address that have not ended
    change_notice_minutes: int | None = None  # for the invitee; None until the booking's end
    event_type: BookedEventType
    host: BookedHost


class RefusedReservation(WireModel):
    """Why the time is not available; `rule` is for logs and the host's own explanation.

    `code` is the one with which the caller of bookings is refused; `nearest` are up to five free
    starts, nearest first.
    """

    error: str
    code: str = ErrorCode.SLOT_TAKEN
    rule: str
    nearest: list[Instant] = Field(default_factory=list)


class ExpiredReservation(WireModel):
    reservation_id: UUID
    booking_id: UUID


class ExpiredReservations(WireModel):
    data: list[ExpiredReservation]


class MoveSlotsRequest(WireModel):
    """List the starts to which a booking can be moved, on local dates of a zone, both included.

    The fields that name the booking are those of a `ReserveRequest` that moves it.
    """

    booking_id: UUID
    host_id: UUID
    event_type_id: UUID
    reschedule_minutes: Annotated[int, Field(ge=1, le=1_440)]
    timezone: str
    start_date: date
    end_date: date


class Slot(WireModel):
    """A slot: local date and time in the requested zone, and its start and end instants."""

    date: Day
    time: Annotated[str, Field(examples=["09:30"], pattern="^[0-2][0-9]:[0-5][0-9]$")]
    start_time: Instant
    end_time: Instant


class Slots(WireModel):
    """Slots of an event type; for a booking to be moved, with the booking's own duration."""

    data: list[Slot]
    event_type: BookedEventType
    timezone: str


class MadeEventType(WireModel):
    id: UUID
    slug: str
