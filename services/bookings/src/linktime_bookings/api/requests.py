"""What callers send."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from linktime_bookings.domain.answers import GivenAnswer
from linktime_bookings.domain.booking import Invitee
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.contracts.wire import Instant, Storable
from linktime_common.http.bodies import invalid
from linktime_common.http.fields import (
    Email,
    LocalDate,
    Name,
    Note,
    Phone,
    QueryModel,
    RequestModel,
    TimezoneName,
)
from linktime_common.http.models import Paging

_DATE: TypeAdapter[date] = TypeAdapter(LocalDate)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_DATE_CHARACTERS = len("2026-03-01")
_LAST = datetime.max.replace(tzinfo=UTC)


def _read_box(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _read_bound(value: str) -> date | datetime:
    kind: TypeAdapter[Any] = _DATE if len(value) <= _DATE_CHARACTERS else _INSTANT
    try:
        bound: date | datetime = kind.validate_python(value)
    except ValidationError as error:
        raise PydanticCustomError("bound", "{why}", {"why": error.errors()[0]["msg"]}) from error
    return bound


def _read_status(value: str) -> BookingStatus | None:
    wanted = value.upper()
    if wanted == "ALL":
        return None
    if wanted not in BookingStatus.__members__:
        raise PydanticCustomError("status", "Must be one of: CONFIRMED, CANCELLED, all")
    return BookingStatus(wanted)


ShortText = Annotated[str, StringConstraints(max_length=200), Storable]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000), Storable]


class SentAnswer(RequestModel):
    """One answer; a tick box may be sent as true or false."""

    question_id: ShortText
    value: Annotated[Note, BeforeValidator(_read_box)]


class _SlotRequest(RequestModel):
    start_time: Instant
    invitee_name: Name
    invitee_email: Email
    invitee_timezone: TimezoneName
    invitee_phone: Phone | None = None
    notes: Note | None = None
    answers: Annotated[list[SentAnswer], Field(max_length=50)] | None = None

    def invitee(self) -> Invitee:
        """Who wants to book."""
        return Invitee(
            name=self.invitee_name,
            email=self.invitee_email,
            timezone=self.invitee_timezone,
            phone=self.invitee_phone,
            notes=self.notes,
        )

    def given_answers(self) -> list[GivenAnswer]:
        """The answers as they came."""
        return [GivenAnswer(sent.question_id, sent.value) for sent in self.answers or ()]


class BookRequest(_SlotRequest):
    event_type_slug: ShortText


class PublicBookRequest(_SlotRequest):
    event_type_id: ShortText


class CancelRequest(RequestModel):
    reason: Reason | None = None


class RescheduleRequest(RequestModel):
    new_start_time: Instant
    reason: Reason | None = None


class ListQuery(Paging):
    """`from` is included; `to` is not when an instant, and as a whole UTC day when a date."""

    status: Annotated[BookingStatus | None, PlainValidator(_read_status)] = None
    since: Annotated[date | datetime | None, Field(alias="from"), PlainValidator(_read_bound)] = (
        None
    )
    until: Annotated[date | datetime | None, Field(alias="to"), PlainValidator(_read_bound)] = None

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The first start and the one after the last; raises InvalidRequest if `from` is later."""
        since = None if self.since is None else _begin(self.since)
        until = None if self.until is None else _end(self.until)
        if since is not None and until is not None:
            is_whole_day = not isinstance(self.until, datetime)
            if since > until or (is_whole_day and since == until):
                raise invalid("from", "Must not be after to")
        return since, until


class AfterQuery(QueryModel):
    """Where a walk over all bookings goes on."""

    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


def _begin(bound: date | datetime) -> datetime:
    return bound if isinstance(bound, datetime) else datetime.combine(bound, time(), UTC)


def _end(bound: date | datetime) -> datetime:
    if isinstance(bound, datetime):
        return bound
    return _LAST if bound == date.max else _begin(bound + timedelta(days=1))
