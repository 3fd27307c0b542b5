"""Hosts, event types and offers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from linktime_availability.domain.calendars import CalendarReading
from linktime_availability.domain.errors import EventTypeNotFound, HostNotFound
from linktime_availability.domain.holidays import Holiday
from linktime_availability.domain.moves import RequestedMove
from linktime_availability.domain.rules import MOST_DAYS_IN_ADVANCE, BookingRules
from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.slots import Availability, ReservedTime
from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, MINUTE, Span, day_span
from linktime_common.timezones import zone as zone_called
from linktime_common.transliteration import transliterated

MOST_SLUG_CHARACTERS = 60
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
# Reserved for pages about the host, which share /<username>/… with event types.
RESERVED_SLUGS = frozenset({"embed", "manage"})
MOST_NUMBERED = 1_000
MOST_LISTED_AT_ONCE = 200  # on a host's page and in an error, which are not paginated
# Meetings and buffers last a day at most, so no reservation further away affects a slot.
REACH_SECONDS = 2 * DAY
DEFAULT_REMINDER_MINUTES = (1_440, 60)


@dataclass(frozen=True, slots=True)
class Host:
    """The projection of a user."""

    id: UUID
    username: str
    name: str
    email: str
    timezone: str
    active: bool
    locale: str | None = None  # the language of mails


@dataclass(frozen=True, slots=True)
class EventType:
    """A bookable event type; `questions` have the shape of the API.

    The slug is empty until one is derived from the name.

    The invitee gets a reminder each of `reminder_minutes` before the start.
    """

    id: UUID
    host_id: UUID
    name: str
    slug: str
    description: str | None
    location: str | None
    questions: Sequence[Mapping[str, Any]]
    rules: BookingRules
    created_at: datetime
    reminder_minutes: Sequence[int] = DEFAULT_REMINDER_MINUTES
    schedule_id: UUID | None = None  # the host's default schedule


@dataclass(frozen=True, slots=True)
class HostedEventType:
    """An event type with its host and the schedule that it uses."""

    event_type: EventType
    host: Host
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Offer:
    """An event type with everything that decides which starts are free.

    `span` is that of the starts of its reservations.
    """

    event_type: EventType
    host: Host
    schedule: Schedule
    reservations: Sequence[ReservedTime]
    reservation_ids: Sequence[UUID]
    time_off: Sequence[Span]
    holidays: Sequence[Holiday]
    busy: Sequence[Span]
    reading: CalendarReading
    span: Span

    @property
    def takes_bookings(self) -> bool:
        """Whether new bookings are accepted; existing ones may be moved in any case."""
        return self.event_type.rules.active and self.host.active

    def availability(self, now: float, move: RequestedMove | None = None) -> Availability:
        """Return the input of the slot rules, for a new booking or for one that is moved."""
        at = datetime.fromtimestamp(now, UTC)
        zone = zone_called(self.schedule.timezone)
        return Availability(
            schedule=self.schedule,
            rules=replace(self.event_type.rules, active=self.takes_bookings),
            now=now,
            busy=self.busy,
            time_off=self.time_off,
            holidays=[day_span(zone, one.day.toordinal()) for one in self.holidays],
            is_unknown=self.reading.is_closed(at),
            known_until=self.reading.known_until(at),
            reservations=self.reservations,
            moving=None if move is None else move.booking_id,
            duration_seconds=None if move is None else move.minutes * MINUTE,
        )


def relevant_span(since: float, until: float, now: float) -> Span:
    """Return the epoch seconds in which another booking can affect a start in the range.

    Starts before `now` or past every horizon are refused in any case, so the span is limited to
    these and stays within the calendar.
    """
    earliest, latest = int(now) - DAY, int(now) + (MOST_DAYS_IN_ADVANCE + 2) * DAY
    first = min(max(int(since), earliest), latest)
    last = min(max(int(until), first), latest)
    return first - REACH_SECONDS, last + REACH_SECONDS


def relevant_span_of(day: date) -> Span:
    """Return the epoch seconds in which a booking can affect a start on `day`, in any zone."""
    midnight = (day.toordinal() - EPOCH_DAY) * DAY  # in UTC; offsets are less than a day
    return midnight - DAY - REACH_SECONDS, midnight + 2 * DAY + REACH_SECONDS


def is_slug(text: str) -> bool:
    """Return whether `text` has the form of a slug: lower-case letters, digits and hyphens."""
    return _SLUG.fullmatch(text) is not None


def read_slug(text: str) -> str:
    """Return the slug that a path names in any letter case; raises EventTypeNotFound."""
    slug = text.lower()
    if not is_slug(slug):
        raise EventTypeNotFound
    return slug


def read_username(text: str) -> str:
    """Return the username that a path names in any letter case; raises HostNotFound."""
    username = text.lower()
    if not _USERNAME.fullmatch(username):
        raise HostNotFound
    return username


def slugs_from(name: str) -> list[str]:
    """Return slugs for a name to try in order: intro-call, intro-call-2, …."""
    first = slug_from(name)
    endings = [f"-{number}" for number in range(2, MOST_NUMBERED + 1)]
    return [first, *(_with_ending(first, ending) for ending in endings)]


def _with_ending(slug: str, ending: str) -> str:
    return slug[: MOST_SLUG_CHARACTERS - len(ending)].rstrip("-") + ending


def slug_from(name: str) -> str:
    """Return a slug for a name: `intro-call-30-min`, or `meeting` without Latin letters."""
    slug = transliterated(name)[:MOST_SLUG_CHARACTERS].strip("-") or "meeting"
    return f"{slug}-meeting" if slug in RESERVED_SLUGS else slug
