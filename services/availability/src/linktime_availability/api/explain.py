"""Why the starts of a date, or one instant, can or cannot be booked."""

from datetime import UTC, date, datetime
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from linktime_availability.api.calendars import BUSY, BusyBody
from linktime_availability.api.event_types import NOT_FOUND
from linktime_availability.api.schedules import TAG
from linktime_availability.api.slots import BOOKED, SLOT
from linktime_availability.deps import DEPS
from linktime_availability.domain.causes import Cause, CauseKind
from linktime_availability.domain.event_type import read_slug
from linktime_availability.domain.slots import Rule
from linktime_availability.use_cases.explain import ExplainedRow, explain
from linktime_availability.use_cases.reserve import booked_event_type
from linktime_common.contracts.events.bookings import BookedEventType
from linktime_common.contracts.internal_api.availability import Day, Slot
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import LocalDate, QueryModel, QueryMoment, TimezoneName
from linktime_common.http.operations import Operation
from linktime_common.timezones import zone as zone_called

# Dates at the ends of the calendar have no neighbours to compute with.
FIRST_DATE, LAST_DATE = date(1970, 1, 1), date(9998, 12, 31)


def _check_date(day: date) -> date:
    if not FIRST_DATE <= day <= LAST_DATE:
        raise PydanticCustomError("date", f"Expected a date from {FIRST_DATE} to {LAST_DATE}")
    return day


def _check_instant(moment: datetime) -> datetime:
    _check_date(moment.astimezone(UTC).date())
    return moment


ExplainedDay = Annotated[LocalDate, AfterValidator(_check_date), Field(examples=["2026-03-02"])]


class ExplainQuery(QueryModel):
    """A date in `timezone`, by default the schedule's time zone, or one instant."""

    date: ExplainedDay | None = None
    at: Annotated[QueryMoment, AfterValidator(_check_instant)] | None = None
    timezone: TimezoneName | None = None

    @property
    def asked(self) -> Day | datetime:
        """What is to be explained; raises InvalidRequest unless one of both is given."""
        if self.date is not None and self.at is not None:
            raise bodies.invalid("at", "Give either date or at")
        asked = self.date or self.at
        if asked is None:
            raise bodies.invalid("date", "Give a date, or an instant as at")
        return asked


class CauseBody(WireModel):
    """What is behind a rule; `id` is that of a booking, a calendar or time off.

    `date` is a date in the schedule's zone: of the hours, of the holiday, the first one of a
    limit's period, or the first or last that notice and horizon allow. `startTime` and `endTime`
    are those of the busy time, of the limit's period, or the earliest start and the end of the
    horizon.
    """

    kind: CauseKind
    id: UUID | None
    name: str | None
    date: Day | None
    start_time: Instant | None
    end_time: Instant | None

    @classmethod
    def of(cls, cause: Cause | None) -> Self | None:
        if cause is None:
            return None
        return cls(
            kind=cause.kind,
            id=cause.id,
            name=cause.name,
            date=cause.day,
            start_time=cause.starts_at,
            end_time=cause.ends_at,
        )


class ExplainedStart(Slot):
    """A start; `rule` excludes it because of `cause`, both are null when it is free."""

    rule: Rule | None
    cause: CauseBody | None

    @classmethod
    def of(cls, row: ExplainedRow) -> Self:
        return cls.model_validate({**row.slot, "rule": row.rule, "cause": CauseBody.of(row.cause)})


class ExplainedDate(WireModel):
    """All starts of a date, or one instant; `rule` is `outside_hours` when there are none, else
    null, and `cause` the date.

    `busy` are the busy times of calendars on the date, with which `calendar_busy` is explained.
    """

    date: Day
    timezone: str
    event_type: BookedEventType
    rule: Rule | None
    cause: CauseBody | None
    data: list[ExplainedStart]
    busy: list[BusyBody]


@Operation(
    name="explainAvailability",
    summary="Explain which rule excludes each start on a date, or one instant",
    description=(
        "Every start within the working hours of `date`, or the instant `at`, with the first "
        "`rule` that excludes it and its `cause` (the booking, calendar, time off or date behind "
        "it), or null when it is free. The free starts are exactly the listed slots. A date "
        "without any start has the `rule` `outside_hours`. Archived event types are explained too."
    ),
    tag=TAG,
    query=ExplainQuery,
    reply=ExplainedDate(
        date="2026-03-02",
        timezone="Europe/Berlin",
        event_type=BOOKED,
        rule=None,
        cause=None,
        data=[
            ExplainedStart(
                **SLOT.model_dump(by_alias=False),
                rule=Rule.CALENDAR_BUSY,
                cause=CauseBody(
                    kind=CauseKind.CALENDAR,
                    id=BUSY.calendar_id,
                    name=BUSY.calendar_name,
                    date=None,
                    start_time=BUSY.start_time,
                    end_time=BUSY.end_time,
                ),
            )
        ],
        busy=[BUSY],
    ),
    errors=NOT_FOUND,
)
async def get_explanation(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    query = bodies.read_query(request, ExplainQuery)
    asked = query.asked
    slug = read_slug(request.match_info["slug"])
    found = await explain(
        host_id=auth.user_id(request),
        slug=slug,
        asked=asked,
        zone=None if query.timezone is None else zone_called(query.timezone),
        deps=deps,
    )
    return bodies.reply(
        ExplainedDate.model_validate(
            {
                "date": found.day,
                "timezone": str(found.zone),
                "event_type": booked_event_type(found.event_type),
                "rule": None if found.starts else Rule.OUTSIDE_HOURS,
                "cause": CauseBody.of(found.cause),
                "data": [ExplainedStart.of(row) for row in found.starts],
                "busy": [BusyBody.of(one) for one in found.busy],
            }
        )
    )
