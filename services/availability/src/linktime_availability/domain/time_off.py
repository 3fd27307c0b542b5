"""Time off: named ranges of dates or instants in which a host takes no bookings."""

from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from linktime_availability.domain.wall_time import Span, dates_span

MOST_TIME_OFF = 200  # of one host


class InvalidTimeOff(ValueError):
    """An invalid range; the message is shown to the host."""


@dataclass(frozen=True, kw_only=True)
class TimeOff:
    """From `first_date` to `last_date` in the schedule's zone, both included, or from `starts_at`
    until `ends_at`; the other two are None."""

    id: UUID
    host_id: UUID
    name: str
    first_date: date | None = None
    last_date: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @classmethod
    def ranging(cls, since: date | datetime, until: date | datetime, **named: Any) -> Self:
        """Return the time off of a range; `named` are id, host and name. Raises InvalidTimeOff."""
        if isinstance(since, datetime) and isinstance(until, datetime):
            if until <= since:
                raise InvalidTimeOff("Must be after from")
            return cls(starts_at=since, ends_at=until, **named)
        if isinstance(since, datetime) or isinstance(until, datetime):
            raise InvalidTimeOff("Must be a date if from is a date, and an instant if it is one")
        if until < since:
            raise InvalidTimeOff("Must not be before from")
        return cls(first_date=since, last_date=until, **named)

    @property
    def since(self) -> date | datetime:
        """The first date or instant."""
        since = self.first_date or self.starts_at
        assert since is not None  # noqa: S101  each has one of both
        return since

    @property
    def until(self) -> date | datetime:
        """The last date, or the instant after the last."""
        until = self.last_date or self.ends_at
        assert until is not None  # noqa: S101  each has one of both
        return until


def span_of(since: date | datetime, until: date | datetime, zone: ZoneInfo) -> Span:
    """Return a range as epoch seconds; dates are those of `zone`, fractions are included."""
    if isinstance(since, datetime) and isinstance(until, datetime):
        return int(since.timestamp() // 1), ceil(until.timestamp())
    return dates_span(zone, since, until)
