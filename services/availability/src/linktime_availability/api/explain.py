"""Why the starts of a date can or cannot be booked."""

from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from linktime_availability.api.calendars import BUSY, BusyBody
from linktime_availability.api.event_types import NOT_FOUND
from linktime_availability.api.schedules import TAG
from linktime_availability.api.slots import BOOKED, SLOT, booked_event_type
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import is_slug
from linktime_availability.domain.slots import Rule
from linktime_availability.use_cases.explain_date import explain_date
from linktime_common.contracts.events.bookings import BookedEventType
from linktime_common.contracts.internal_api.availability import Day, Slot
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import LocalDate, QueryModel, TimezoneName
from linktime_common.http.operations import Operation
from linktime_common.timezones import zone as zone_called

# Dates at the ends of the calendar have no neighbours to compute with.
FIRST_DATE, LAST_DATE = date(1970, 1, 1), date(9998, 12, 31)


def _check_date(day: date) -> date:
    if not FIRST_DATE <= day <= LAST_DATE:
        raise PydanticCustomError("date", f"Expected a date from {FIRST_DATE} to {LAST_DATE}")
    return day


class ExplainQuery(QueryModel):
    """A date in `timezone`, by default the schedule's time zone."""

    date: Annotated[LocalDate, AfterValidator(_check_date), Field(examples=["2026-03-02"])]
    timezone: TimezoneName | None = None


class ExplainedStart(Slot):
    """A start within the working hours; `rule` excludes it, and is null when it is free."""

    rule: Rule | None


class ExplainedDate(WireModel):
    """All starts of a date; `rule` is `outside_hours` when there are none, else null.

    `busy` are the busy times of calendars on the date, with which `calendar_busy` is explained.
    """

    date: Day
    timezone: str
    event_type: BookedEventType
    rule: Rule | None
    data: list[ExplainedStart]
    busy: list[BusyBody]


@Operation(
    name="explainAvailability",
    summary="Explain which rule excludes each start on a date",
    description=(
        "Every start within the working hours, with the first `rule` that excludes it, or null "
        "when it is free. The free starts are exactly the listed slots. A date without any "
        "start has the `rule` `outside_hours`. Archived event types are explained too."
    ),
    tag=TAG,
    query=ExplainQuery,
    reply=ExplainedDate(
        date="2026-03-02",
        timezone="Europe/Berlin",
        event_type=BOOKED,
        rule=None,
        data=[ExplainedStart(**SLOT.model_dump(by_alias=False), rule=Rule.CALENDAR_BUSY)],
        busy=[BUSY],
    ),
    errors=NOT_FOUND,
)
async def get_explanation(request: web.Request) -> web.Response:
    deps, slug = request.app[DEPS], request.match_info["slug"]
    query = bodies.read_query(request, ExplainQuery)
    if not is_slug(slug):
        raise EventTypeNotFound
    found = await explain_date(
        host_id=auth.user_id(request),
        slug=slug,
        day=query.date,
        zone=None if query.timezone is None else zone_called(query.timezone),
        deps=deps,
    )
    return bodies.reply(
        ExplainedDate.model_validate(
            {
                "date": query.date,
                "timezone": str(found.zone),
                "event_type": booked_event_type(found.event_type),
                "rule": None if found.starts else Rule.OUTSIDE_HOURS,
                "data": [{**row, "rule": rule} for row, rule in found.starts],
                "busy": [BusyBody.of(one) for one in found.busy],
            }
        )
    )
