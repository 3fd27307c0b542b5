"""What callers send."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError

from linktime_bookings.domain.answers import GivenAnswer
from linktime_bookings.domain.booking import Invitee
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.http.fields import (
    Digits,
    Email,
    Moment,
    Name,
    Note,
    OneLine,
    Phone,
    QueryModel,
    RequestModel,
    TimezoneName,
)
from linktime_common.http.models import Paging
from linktime_common.http.spans import Spanned


def _read_box(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _read_status(value: str) -> BookingStatus | None:
    wanted = value.upper()
    if wanted == "ALL":
        return None
    if wanted not in BookingStatus.__members__:
        raise PydanticCustomError("status", "Must be one of: CONFIRMED, CANCELLED, all")
    return BookingStatus(wanted)


ShortText = Annotated[str, StringConstraints(max_length=200), OneLine]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000), OneLine]


class SentAnswer(RequestModel):
    """One answer; a tick box may be sent as true or false."""

    question_id: ShortText
    value: Annotated[Note, BeforeValidator(_read_box)]


class _SlotRequest(RequestModel):
    start_time: Moment
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
    new_start_time: Moment
    reason: Reason | None = None


class ListQuery(Paging, Spanned):
    """`from` and `to` choose by the start time."""

    status: Annotated[
        BookingStatus | None,
        PlainValidator(
            _read_status, json_schema_input_type=Literal["CONFIRMED", "CANCELLED", "all"]
        ),
    ] = None


class AfterQuery(QueryModel):
    """Where a walk over all bookings goes on."""

    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 200
