"""Working hours, for their host and the operator."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from linktime_availability.api.windows import DayWindows, WindowTexts, pairs_of
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.schedule import (
    MOST_OVERRIDE_WINDOWS,
    MOST_OVERRIDES,
    WEEKDAYS,
    Schedule,
    Windows,
    day_windows,
)
from linktime_availability.use_cases.find_schedule import find_schedule
from linktime_availability.use_cases.set_schedule import set_schedule
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import KeptDate, RequestModel, TimezoneName
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply, user_scope

TAG = "Availability"
WORKING_DAYS = 5
NO_HOST: Refusals = {HostNotFound: "No such host"}


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
        days = {day: pairs_of(weekly.get(number, ())) for number, day in enumerate(WEEKDAYS)}
        return cls.model_validate(days)


class ScheduleBody(WireModel):
    """Working hours; overrides in the order of their dates."""

    timezone: str
    weekly: WeekBody
    overrides: dict[date, WindowTexts]

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        return cls(
            timezone=schedule.timezone,
            weekly=WeekBody.of(schedule.weekly),
            overrides={
                day: pairs_of(schedule.overrides[day]) for day in sorted(schedule.overrides)
            },
        )


def _count_windows(overrides: Any) -> Any:
    # Counted before each window is validated, which takes longer.
    if isinstance(overrides, dict):
        windows = sum(len(one) for one in overrides.values() if isinstance(one, list))
        if windows > MOST_OVERRIDE_WINDOWS:
            raise PydanticCustomError(
                "overrides", f"Must have at most {MOST_OVERRIDE_WINDOWS} windows in total"
            )
    return overrides


class NewWeek(RequestModel):
    """Pairs of `HH:MM` for each weekday; a missing weekday is closed."""

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
    """All working hours of a host."""

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


EXAMPLE = ScheduleBody(
    timezone="Europe/Berlin",
    weekly={
        day: [["09:00", "17:00"]] if number < WORKING_DAYS else []
        for number, day in enumerate(WEEKDAYS)
    },
    overrides={"2026-12-24": []},
)


@Operation(
    summary="Read your working hours, those of the default schedule",
    tag=TAG,
    name="getDefaultSchedule",
    reply=EXAMPLE,
    errors=NO_HOST,
    conditional=True,
)
async def get_schedule(request: web.Request) -> web.Response:
    schedule = await find_schedule(auth.user_id(request), request.app[DEPS])
    return bodies.reply(ScheduleBody.of(schedule))


@Operation(
    summary="Replace the hours of your default schedule, overrides included",
    tag=TAG,
    name="setDefaultSchedule",
    body=NewSchedule,
    body_example=EXAMPLE.model_dump(mode="json"),
    reply=EXAMPLE,
    errors=NO_HOST,
    idempotent=True,
)
async def put_schedule(request: web.Request) -> web.Response:
    return await _put(request, auth.user_id(request))


async def put_for_host(request: web.Request) -> web.Response:
    """Replace a host's working hours, as the operator."""
    return await _put(request, path_id(request, "id", otherwise=HostNotFound))


async def _put(request: web.Request, host_id: UUID) -> web.Response:
    schedule, deps = (await bodies.read(request, NewSchedule)).schedule(), request.app[DEPS]
    act = partial(set_schedule, host_id, schedule, deps)
    return await write(request, deps.database, act, _replaced, scope=user_scope(host_id))


def _replaced(schedule: Schedule) -> WriteReply:
    return answer(ScheduleBody.of(schedule))
