"""How event types and schedules look on the wire, in both directions."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from linktime_availability.domain.event_type import (
    MOST_DAYS_IN_ADVANCE,
    RESERVED_SLUGS,
    EventType,
    Host,
    is_slug,
    slug_from,
)
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Windows, day_windows
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.contracts.wire import Instant, Storable, Text, WireModel
from linktime_common.http.fields import LocalDate, Name, Note, RequestModel, TimezoneName
from linktime_common.ids import new_id

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
READ_ONLY = frozenset({"id", "bookingUrl", "createdAt", "schedule"})
MOST_OVERRIDES = 1_000
DAY_MINUTES = 1_440
YEAR_MINUTES = 525_600


def _check_slug(slug: str) -> str:
    if not is_slug(slug):
        raise PydanticCustomError("slug", "Use up to 60 lower-case letters, digits and hyphens")
    if slug in RESERVED_SLUGS:
        raise PydanticCustomError("slug", "This word is reserved, please choose another")
    return slug


def _no_price(price: Any) -> None:
    if price is not None:
        raise PydanticCustomError("price", "Event types are free of charge; leave the price null")


Slug = Annotated[Text, AfterValidator(_check_slug)]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Storable
]
QuestionId = Annotated[str, StringConstraints(min_length=1, max_length=64), Storable]
Location = Annotated[str, StringConstraints(max_length=500), Storable]
Length = Annotated[int, Field(strict=True, ge=5, le=DAY_MINUTES)]
Buffer = Annotated[int, Field(strict=True, ge=0, le=DAY_MINUTES)]


class NewQuestion(RequestModel):
    """`id` is made from the label when it is not given."""

    id: QuestionId | None = None
    label: Label
    type: Literal["text", "textarea", "select", "checkbox", "phone"] = "text"
    required: StrictBool = False
    options: list[Label] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _has_fitting_options(self) -> Self:
        if self.type == "select" and not self.options:
            raise ValueError("A question to select from needs options")
        if self.options and self.type not in {"select", "checkbox"}:
            raise ValueError("Only questions to select from or to check have options")
        return self

    def question(self) -> Question:
        return Question(
            id=self.id or slug_from(self.label),
            label=self.label,
            type=self.type,
            required=self.required,
            options=self.options,
        )


class NewEventType(RequestModel):
    """An event type as a host writes it; what can only be read is ignored."""

    name: Name
    slug: Slug | None = None
    description: Note | None = None
    duration_minutes: Length
    slot_interval_minutes: Length | None = None
    buffer_before: Buffer = 0
    buffer_after: Buffer = 0
    minimum_notice_minutes: Annotated[int, Field(strict=True, ge=0, le=YEAR_MINUTES)] = 60
    max_days_in_advance: Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS_IN_ADVANCE)] = 60
    daily_limit: Annotated[int, Field(strict=True, ge=1, le=1_000)] | None = None
    location: Location | None = None
    questions: list[NewQuestion] = Field(default_factory=list, max_length=50)
    active: StrictBool = True
    price: Annotated[Any, AfterValidator(_no_price)] = None

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_is_read_only(cls, body: Any) -> Any:
        if isinstance(body, Mapping):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body

    @model_validator(mode="after")
    def _asks_each_question_once(self) -> Self:
        ids = [question.question().id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise PydanticCustomError("questions", "Two questions have the same id")
        return self

    def event_type(self, *, host_id: UUID, created_at: Instant) -> EventType:
        """A new event type of the host, with the defaults that depend on other fields."""
        return EventType(
            id=new_id(),
            host_id=host_id,
            name=self.name,
            slug=self.slug or slug_from(self.name),
            description=self.description,
            location=self.location,
            questions=[question.question().model_dump(mode="json") for question in self.questions],
            created_at=created_at,
            rules=BookingRules(
                duration_minutes=self.duration_minutes,
                slot_interval_minutes=self.slot_interval_minutes or self.duration_minutes,
                buffer_before=self.buffer_before,
                buffer_after=self.buffer_after,
                minimum_notice_minutes=self.minimum_notice_minutes,
                max_days_in_advance=self.max_days_in_advance,
                daily_limit=self.daily_limit,
                active=self.active,
            ),
        )


def _check_windows(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    day_windows(pairs)
    return pairs


DayWindows = Annotated[list[tuple[str, str]], Field(max_length=100), AfterValidator(_check_windows)]


class NewWeek(RequestModel):
    """Pairs of `HH:MM` for each weekday; one that is missing is closed."""

    monday: DayWindows = Field(default_factory=list)
    tuesday: DayWindows = Field(default_factory=list)
    wednesday: DayWindows = Field(default_factory=list)
    thursday: DayWindows = Field(default_factory=list)
    friday: DayWindows = Field(default_factory=list)
    saturday: DayWindows = Field(default_factory=list)
    sunday: DayWindows = Field(default_factory=list)


class NewSchedule(RequestModel):
    """The whole of a host's working hours."""

    timezone: TimezoneName
    weekly: NewWeek
    overrides: dict[LocalDate, DayWindows] = Field(default_factory=dict, max_length=MOST_OVERRIDES)

    def schedule(self) -> Schedule:
        weekly = {
            number: day_windows(getattr(self.weekly, day)) for number, day in enumerate(WEEKDAYS)
        }
        overrides = {day: day_windows(pairs) for day, pairs in self.overrides.items()}
        return Schedule(self.timezone, weekly, overrides)


class ScheduleBody(WireModel):
    """All seven days are there; overrides in the order of their dates."""

    timezone: str
    weekly: dict[str, list[tuple[str, str]]]
    overrides: dict[date, list[tuple[str, str]]]

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        return cls(
            timezone=schedule.timezone,
            weekly={
                day: _texts(schedule.weekly.get(number, ())) for number, day in enumerate(WEEKDAYS)
            },
            overrides={day: _texts(schedule.overrides[day]) for day in sorted(schedule.overrides)},
        )


class EventTypeItem(WireModel):
    id: UUID
    name: str
    slug: str
    description: str | None
    duration_minutes: int
    active: bool
    price: None = None
    booking_url: str
    created_at: Instant


class EventTypeDetail(EventTypeItem):
    slot_interval_minutes: int
    buffer_before: int
    buffer_after: int
    minimum_notice_minutes: int
    max_days_in_advance: int
    daily_limit: int | None
    location: str | None
    questions: list[Question]
    schedule: ScheduleBody


def event_type_item(event_type: EventType, host: Host, public_url: str) -> EventTypeItem:
    return EventTypeItem(**_item_fields(event_type, host, public_url))


def event_type_detail(
    event_type: EventType, host: Host, schedule: Schedule, public_url: str
) -> EventTypeDetail:
    rules = event_type.rules
    return EventTypeDetail(
        **_item_fields(event_type, host, public_url),
        slot_interval_minutes=rules.slot_interval_minutes,
        buffer_before=rules.buffer_before,
        buffer_after=rules.buffer_after,
        minimum_notice_minutes=rules.minimum_notice_minutes,
        max_days_in_advance=rules.max_days_in_advance,
        daily_limit=rules.daily_limit,
        location=event_type.location,
        questions=[Question.model_validate(question) for question in event_type.questions],
        schedule=ScheduleBody.of(schedule),
    )


def _item_fields(event_type: EventType, host: Host, public_url: str) -> dict[str, Any]:
    return {
        "id": event_type.id,
        "name": event_type.name,
        "slug": event_type.slug,
        "description": event_type.description,
        "duration_minutes": event_type.rules.duration_minutes,
        "active": event_type.rules.active,
        "booking_url": f"{public_url}/{host.username}/{event_type.slug}",
        "created_at": event_type.created_at,
    }


def _texts(windows: Windows) -> list[tuple[str, str]]:
    return [window.texts() for window in windows]
