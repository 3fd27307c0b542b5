"""The public holidays on which a host takes no bookings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import Field, StringConstraints, WithJsonSchema, model_validator

from linktime_availability.api.schedules import NO_HOST, TAG
from linktime_availability.deps import DEPS
from linktime_availability.domain.holidays import (
    MOST_DISABLED,
    HolidaySettings,
    UnknownCountry,
    UnknownHolidays,
    UnknownRegion,
)
from linktime_availability.store import holiday_settings
from linktime_availability.use_cases.find_host import find_host
from linktime_availability.use_cases.set_holidays import set_holidays
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Line, RequestModel
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply

Day = date  # in a model with a field `date` the type needs another name
COUNTRY = "ISO 3166-1, such as DE; null for no holidays"
REGION = (
    "A region of the country by its code of ISO 3166-2 without the country, such as BE; or null"
)
DISABLED = (
    "English names of holidays on which bookings are taken, in every year, on their substitute "
    "days too"
)
Code = Annotated[
    Line,
    StringConstraints(max_length=50),
    WithJsonSchema({"type": "string", "maxLength": 50}),
]
MOST_NAMED = 5  # in an error
HolidayName = Annotated[Line, StringConstraints(max_length=200)]


class HolidayBody(WireModel):
    """A holiday; with `enabled` no bookings are taken on its date."""

    date: Day
    name: str = Field(description="In English, also for substitute days and estimated dates")
    local_name: str = Field(description="In your language, or in English if it is not known")
    enabled: bool


class HolidaysBody(WireModel):
    """The settings, and all holidays of this and the next year, earliest first."""

    country: str | None = Field(description=COUNTRY)
    region: str | None = Field(description=REGION)
    disabled: list[str] = Field(description=DISABLED)
    days: list[HolidayBody]

    @classmethod
    def of(cls, settings: HolidaySettings | None, now: datetime, language: str | None) -> Self:
        if settings is None:
            return cls(country=None, region=None, disabled=[], days=[])
        this_year = now.astimezone(UTC).year
        return cls(
            country=settings.country,
            region=settings.region,
            disabled=sorted(settings.disabled),
            days=[
                day
                for year in (this_year, this_year + 1)
                for day in _days(settings, year, language)
            ],
        )


def _days(settings: HolidaySettings, year: int, language: str | None) -> Iterator[HolidayBody]:
    local = settings.local_names(year, language)
    for one in settings.of_year(year):
        yield HolidayBody(
            date=one.day,
            name=one.name,
            local_name=local.get(one, one.name),
            enabled=settings.counts(one),
        )


class NewHolidays(RequestModel):
    """The whole settings; `days` is ignored."""

    country: Code | None = Field(description=COUNTRY)
    region: Code | None = Field(None, description=REGION)
    disabled: list[HolidayName] = Field(
        default_factory=list, max_length=MOST_DISABLED, description=DISABLED
    )

    @model_validator(mode="before")
    @classmethod
    def _ignore_days(cls, body: Any) -> Any:
        if isinstance(body, Mapping):
            return {name: value for name, value in body.items() if name != "days"}
        return body

    def settings(self, now: datetime, before: HolidaySettings | None) -> HolidaySettings | None:
        """Return the settings, or None for no holidays; raises InvalidRequest."""
        if self.country is None:
            if self.region is not None:
                sentence = "Without a country there is no region; write the country too, or null"
                raise bodies.invalid("region", sentence)
            return None
        try:
            return HolidaySettings.of(
                self.country, self.region, self.disabled, year=now.year, before=before
            )
        except UnknownCountry as error:
            sentence = "No holidays are known for this country; write its code, such as DE"
            raise bodies.invalid("country", sentence) from error
        except UnknownRegion as error:
            raise bodies.invalid("region", _why_no_region(error.regions)) from error
        except UnknownHolidays as error:
            raise bodies.invalid("disabled", _why_unknown(error.names)) from error


def _why_no_region(regions: Sequence[str]) -> str:
    sentence = "No holidays are known for this region of the country; leave it null"
    return f"{sentence}, or write one of {', '.join(regions)}" if regions else sentence


def _why_unknown(names: Sequence[str]) -> str:
    named = ", ".join(names[:MOST_NAMED])
    return f"No holidays of the country or region have these names: {named}; write those of days"


EXAMPLE = HolidaysBody(
    country="DE",
    region="BE",
    disabled=["Good Friday"],
    days=[
        HolidayBody(
            date=date(2026, 3, 8), name="Women's Day", local_name="Frauentag", enabled=True
        ),
        HolidayBody(
            date=date(2026, 4, 3), name="Good Friday", local_name="Karfreitag", enabled=False
        ),
    ],
)


@Operation(
    summary="Read the public holidays on which you take no bookings",
    tag=TAG,
    reply=EXAMPLE,
    errors=NO_HOST,
    conditional=True,
)
async def get_holidays(request: web.Request) -> web.Response:
    host_id, deps = auth.user_id(request), request.app[DEPS]
    host = await find_host(host_id, deps)
    async with deps.database.connection() as connection:
        settings = await holiday_settings.find(connection, host_id)
    return bodies.reply(HolidaysBody.of(settings, deps.clock.now(), host.locale))


@Operation(
    summary="Set the public holidays on which you take no bookings",
    description=(
        "They count for all schedules, also on dates with an override. Existing bookings stay. "
        "`disabled` has the English names of holidays on which bookings are taken, in any letter "
        "case; marks such as (observed) or (estimated) are left out, and unknown names are refused."
    ),
    tag=TAG,
    body=NewHolidays,
    body_example={"country": "DE", "region": "BE", "disabled": ["Good Friday"]},
    reply=EXAMPLE,
    errors=NO_HOST,
    idempotent=True,
)
async def put_holidays(request: web.Request) -> web.Response:
    deps, body = request.app[DEPS], await bodies.read(request, NewHolidays)
    now, host = deps.clock.now(), await find_host(auth.user_id(request), deps)
    async with deps.database.connection() as connection:
        before = await holiday_settings.find(connection, host.id)
    act = partial(set_holidays, host.id, body.settings(now, before), deps)
    return await write(request, deps.database, act, partial(_reply, now, host.locale))


def _reply(now: datetime, language: str | None, settings: HolidaySettings | None) -> WriteReply:
    return answer(HolidaysBody.of(settings, now, language))
