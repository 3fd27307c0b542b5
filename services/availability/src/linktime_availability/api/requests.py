"""What hosts and the operator send: event types and working hours."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_availability.domain.event_type import (
    MOST_DAYS_IN_ADVANCE,
    RESERVED_SLUGS,
    EventType,
    is_slug,
    slug_from,
)
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import (
    MOST_OVERRIDE_WINDOWS,
    MOST_OVERRIDES,
    WEEKDAYS,
    Schedule,
    Windows,
    day_windows,
)
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.contracts.wire import Instant
from linktime_common.http.fields import (
    KeptDate,
    Line,
    Name,
    Note,
    OneLine,
    RequestModel,
    TimezoneName,
    leave_out_defaults,
)
from linktime_common.ids import new_id

READ_ONLY = frozenset({"id", "bookingUrl", "createdAt", "schedule"})
RULES = frozenset(field.name for field in fields(BookingRules))
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


Slug = Annotated[
    Line,
    AfterValidator(_check_slug),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,59}$"}),
]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), OneLine
]
QuestionId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), OneLine
]
Location = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), OneLine]
Length = Annotated[int, Field(strict=True, ge=5, le=DAY_MINUTES)]
Buffer = Annotated[int, Field(strict=True, ge=0, le=DAY_MINUTES)]
Notice = Annotated[int, Field(strict=True, ge=0, le=YEAR_MINUTES)]
Horizon = Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS_IN_ADVANCE)]
DailyLimit = Annotated[int, Field(strict=True, ge=1, le=1_000)]
NoPrice = Annotated[Any, AfterValidator(_no_price), WithJsonSchema({"type": "null"})]


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
    slug: Slug | None = Field(None, description="Made from the name when null")
    description: Note | None = None
    duration_minutes: Length
    slot_interval_minutes: Length | None = Field(None, description="The duration when null")
    buffer_before: Buffer = Field(0, description="Minutes to keep free before")
    buffer_after: Buffer = Field(0, description="Minutes to keep free after")
    minimum_notice_minutes: Notice = 60
    max_days_in_advance: Horizon = 60
    daily_limit: DailyLimit | None = Field(None, description="Bookings on one date; null for any")
    location: Location | None = None
    questions: list[NewQuestion] = Field(default_factory=list, max_length=50)
    active: StrictBool = Field(True, description="False is archived: it takes no new booking")
    price: NoPrice = None

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
            questions=self._stored_questions(),
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

    def _stored_questions(self) -> list[dict[str, Any]]:
        return [question.question().model_dump(mode="json") for question in self.questions]


class EventTypeChange(NewEventType):
    """What shall be different; a field that is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    # The two that a new one must have; like every default here, these are never read.
    name: Name = ""
    duration_minutes: Length = 0

    def changed(self, event_type: EventType) -> EventType:
        """`event_type` with the fields that were sent; a null means what it does at first."""
        sent = {name: getattr(self, name) for name in self.model_fields_set if name != "price"}
        rules = {name: sent.pop(name) for name in RULES.intersection(sent)}
        if "questions" in sent:
            sent["questions"] = self._stored_questions()
        changed = replace(event_type, **sent, rules=replace(event_type.rules, **rules))
        return replace(
            changed,
            slug=changed.slug or slug_from(changed.name),
            rules=replace(
                changed.rules,
                slot_interval_minutes=changed.rules.slot_interval_minutes
                or changed.rules.duration_minutes,
            ),
        )


def _check_is_list(pair: Any) -> Any:
    if not isinstance(pair, (list, tuple)):
        raise PydanticCustomError("window", 'Expected a window such as ["09:00", "17:00"]')
    return pair


def _check_windows(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    day_windows(pairs)
    return pairs


_CLOCK = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"}
TimeOfDay = Annotated[Line, WithJsonSchema(_CLOCK)]
DayWindows = Annotated[
    list[Annotated[tuple[TimeOfDay, TimeOfDay], BeforeValidator(_check_is_list)]],
    Field(max_length=100, examples=[[["09:00", "12:00"], ["13:00", "17:00"]]]),
    AfterValidator(_check_windows),
]


def _count_windows(overrides: Any) -> Any:
    # Before each is looked at, which takes longer than to count them.
    if isinstance(overrides, dict):
        windows = sum(len(one) for one in overrides.values() if isinstance(one, list))
        if windows > MOST_OVERRIDE_WINDOWS:
            raise PydanticCustomError(
                "overrides", f"Must have at most {MOST_OVERRIDE_WINDOWS} windows in all"
            )
    return overrides


class NewWeek(RequestModel):
    """Pairs of `HH:MM` for each weekday; one that is missing is closed."""

    monday: DayWindows = Field(default_factory=list)
    tuesday: DayWindows = Field(default_factory=list)
    wednesday: DayWindows = Field(default_factory=list)
    thursday: DayWindows = Field(default_factory=list)
    friday: DayWindows = Field(default_factory=list)
    saturday: DayWindows = Field(default_factory=list)
    sunday: DayWindows = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _has_only_days(cls, week: Any) -> Any:
        unknown = week.keys() - cls.model_fields.keys() if isinstance(week, dict) else ()
        if unknown:
            problem = PydanticCustomError("day", "Unknown field; days are monday to sunday")
            raise ValidationError.from_exception_data(
                cls.__name__,
                [{"type": problem, "loc": (name,), "input": None} for name in sorted(unknown)],
            )
        return week


class NewSchedule(RequestModel):
    """The whole of a host's working hours."""

    timezone: TimezoneName
    weekly: NewWeek
    overrides: Annotated[dict[KeptDate, DayWindows], BeforeValidator(_count_windows)] = Field(
        default_factory=dict, max_length=MOST_OVERRIDES
    )

    def schedule(self) -> Schedule:
        weekly = {
            number: day_windows(getattr(self.weekly, day)) for number, day in enumerate(WEEKDAYS)
        }
        overrides = {day: day_windows(pairs) for day, pairs in self.overrides.items()}
        return Schedule(self.timezone, weekly, overrides)


class NewOverride(RequestModel):
    """The hours of one date in place of its weekday's; none closes the date."""

    windows: DayWindows

    def hours(self) -> Windows:
        return day_windows(self.windows)
