"""How event types, working hours and slots look on the wire."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from linktime_availability.domain.event_type import EventType, Host, HostedEventType
from linktime_availability.domain.schedule import WEEKDAYS, Schedule, Windows
from linktime_availability.domain.slots import Rule
from linktime_common.contracts.events.bookings import BookedEventType
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.contracts.wire import Instant, WireModel

Day = date  # in a model with a field `date` the type needs another name
WindowTexts = Annotated[
    list[Annotated[list[str], Field(min_length=2, max_length=2)]],
    Field(examples=[[["09:00", "12:00"], ["13:00", "24:00"]]]),
]


class WeekBody(WireModel):
    """All seven days, each with its windows in order."""

    monday: WindowTexts
    tuesday: WindowTexts
    wednesday: WindowTexts
    thursday: WindowTexts
    friday: WindowTexts
    saturday: WindowTexts
    sunday: WindowTexts

    @classmethod
    def of(cls, weekly: Mapping[int, Windows]) -> Self:
        days = {day: _texts(weekly.get(number, ())) for number, day in enumerate(WEEKDAYS)}
        return cls.model_validate(days)


class ScheduleBody(WireModel):
    """Working hours; overrides in the order of their dates."""

    timezone: str
    weekly: WeekBody
    overrides: dict[Day, WindowTexts]

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        return cls(
            timezone=schedule.timezone,
            weekly=WeekBody.of(schedule.weekly),
            overrides={day: _texts(schedule.overrides[day]) for day in sorted(schedule.overrides)},
        )


class OverrideBody(WireModel):
    """The hours of one date; without windows it is closed."""

    date: Day
    windows: WindowTexts

    @classmethod
    def of(cls, day: Day, windows: Windows) -> Self:
        return cls(date=day, windows=_texts(windows))


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

    @classmethod
    def of(cls, event_type: EventType, host: Host, public_url: str) -> Self:
        return cls(**_item_fields(event_type, host, public_url))


class EventTypeDetail(EventTypeItem):
    """With the whole scheduling configuration; numbers are minutes, days or bookings."""

    slot_interval_minutes: int
    buffer_before: int
    buffer_after: int
    minimum_notice_minutes: int
    max_days_in_advance: int
    daily_limit: int | None
    location: str | None
    questions: list[Question]
    schedule: ScheduleBody

    @classmethod
    def of_hosted(cls, hosted: HostedEventType, public_url: str) -> Self:
        event_type, rules = hosted.event_type, hosted.event_type.rules
        return cls(
            **_item_fields(event_type, hosted.host, public_url),
            slot_interval_minutes=rules.slot_interval_minutes,
            buffer_before=rules.buffer_before,
            buffer_after=rules.buffer_after,
            minimum_notice_minutes=rules.minimum_notice_minutes,
            max_days_in_advance=rules.max_days_in_advance,
            daily_limit=rules.daily_limit,
            location=event_type.location,
            questions=[Question.model_validate(question) for question in event_type.questions],
            schedule=ScheduleBody.of(hosted.schedule),
        )


class PublicHost(WireModel):
    username: str
    name: str
    timezone: str


class PublicEventTypeItem(WireModel):
    """What anybody may see of an event type; `id` is what a booking names."""

    id: UUID
    name: str
    slug: str
    description: str | None
    duration_minutes: int
    location: str | None
    price: None = None
    booking_url: str

    @classmethod
    def of(cls, event_type: EventType, host: Host, public_url: str) -> Self:
        return cls(**_public_fields(event_type, host, public_url))


class PublicEventTypeDetail(PublicEventTypeItem):
    questions: list[Question]
    host: PublicHost

    @classmethod
    def of(cls, event_type: EventType, host: Host, public_url: str) -> Self:
        return cls(
            **_public_fields(event_type, host, public_url),
            questions=[Question.model_validate(question) for question in event_type.questions],
            host=PublicHost(username=host.username, name=host.name, timezone=host.timezone),
        )


class PublicHostPage(PublicHost):
    """A host with what can be booked, oldest first."""

    event_types: list[PublicEventTypeItem]


class Slot(WireModel):
    """A free start: local date and time in the asked zone, and the two instants."""

    date: Day
    time: Annotated[str, Field(examples=["09:30"], pattern="^[0-2][0-9]:[0-5][0-9]$")]
    start_time: Instant
    end_time: Instant


class Slots(WireModel):
    data: list[Slot]
    event_type: BookedEventType
    timezone: str


class ExplainedStart(Slot):
    """A start that the working hours suggest; `rule` is what removes it, null when it is free."""

    rule: Rule | None


class ExplainedDate(WireModel):
    """All starts of a date; `rule` is `outside_hours` when there are none, else null."""

    date: Day
    timezone: str
    event_type: BookedEventType
    rule: Rule | None
    data: list[ExplainedStart]


def booked_event_type(event_type: EventType) -> BookedEventType:
    """The four fields that go with slots and bookings."""
    return BookedEventType(
        id=event_type.id,
        name=event_type.name,
        slug=event_type.slug,
        duration_minutes=event_type.rules.duration_minutes,
    )


def _item_fields(event_type: EventType, host: Host, public_url: str) -> dict[str, Any]:
    return {
        "id": event_type.id,
        "name": event_type.name,
        "slug": event_type.slug,
        "description": event_type.description,
        "duration_minutes": event_type.rules.duration_minutes,
        "active": event_type.rules.active,
        "booking_url": booking_url(event_type, host, public_url),
        "created_at": event_type.created_at,
    }


def _public_fields(event_type: EventType, host: Host, public_url: str) -> dict[str, Any]:
    return {
        "id": event_type.id,
        "name": event_type.name,
        "slug": event_type.slug,
        "description": event_type.description,
        "duration_minutes": event_type.rules.duration_minutes,
        "location": event_type.location,
        "booking_url": booking_url(event_type, host, public_url),
    }


def booking_url(event_type: EventType, host: Host, public_url: str) -> str:
    """Where people book it."""
    return f"{public_url}/{host.username}/{event_type.slug}"


def _texts(windows: Windows) -> list[list[str]]:
    return [list(window.texts()) for window in windows]
