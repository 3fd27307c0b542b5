"""Hosts, their event types, and what both together offer."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.slots import Availability, ReservedTime
from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, MINUTE, Span

MOST_SLUG_CHARACTERS = 60
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")
# Beside a host's event types, /<username>/… has room for pages about the host.
RESERVED_SLUGS = frozenset({"embed", "manage"})
MOST_DAYS_IN_ADVANCE = 730
MOST_LISTED_AT_ONCE = 200  # on a host's page, which has no second one
# No meeting is longer than a day and no buffer either, so what matters to a slot lies within this.
REACH_SECONDS = 2 * DAY


@dataclass(frozen=True, slots=True)
class Host:
    """A user as the directory last described them."""

    id: UUID
    username: str
    name: str
    email: str
    timezone: str
    active: bool


@dataclass(frozen=True, slots=True)
class EventType:
    """Something of a host's that can be booked; `questions` as they are on the wire."""

    id: UUID
    host_id: UUID
    name: str
    slug: str
    description: str | None
    location: str | None
    questions: Sequence[Mapping[str, Any]]
    rules: BookingRules
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HostedEventType:
    """An event type with those of its host's facts that describe it."""

    event_type: EventType
    host: Host
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Offer:
    """An event type with all that decides whether it is free in some stretch of time."""

    event_type: EventType
    host: Host
    schedule: Schedule
    reservations: Sequence[ReservedTime]
    reservation_ids: Sequence[UUID]
    stretch: Span

    @property
    def takes_bookings(self) -> bool:
        """May new bookings be made? One that exists may be moved all the same."""
        return self.event_type.rules.active and self.host.active

    def availability(
        self, now: float, *, moving: UUID | None = None, minutes: int | None = None
    ) -> Availability:
        """The slot function's view; a booking that is moved keeps its own length in `minutes`."""
        return Availability(
            schedule=self.schedule,
            rules=replace(self.event_type.rules, active=self.takes_bookings),
            now=now,
            reservations=self.reservations,
            moving=moving,
            duration_seconds=None if minutes is None else minutes * MINUTE,
        )


def stretch_that_matters(since: float, until: float, now: float) -> Span:
    """The epoch seconds in which another booking can decide about a start in the range.

    Starts before `now` or past every horizon are refused whatever else there is, so the answer
    never leaves the calendar, whatever was asked.
    """
    earliest, latest = int(now) - DAY, int(now) + (MOST_DAYS_IN_ADVANCE + 2) * DAY
    first = min(max(int(since), earliest), latest)
    last = min(max(int(until), first), latest)
    return first - REACH_SECONDS, last + REACH_SECONDS


def stretch_around(day: date) -> Span:
    """The epoch seconds in which another booking can decide about a start on `day` anywhere."""
    midnight = (day.toordinal() - EPOCH_DAY) * DAY  # in UTC; zones are less than a day away
    return midnight - DAY - REACH_SECONDS, midnight + 2 * DAY + REACH_SECONDS


def is_slug(text: str) -> bool:
    """Lower-case letters, digits and hyphens; nothing else names an event type."""
    return _SLUG.fullmatch(text) is not None


def is_username(text: str) -> bool:
    """Could a host be called so? Nothing else is asked of the directory."""
    return _USERNAME.fullmatch(text) is not None


def slug_from(name: str) -> str:
    """`Intro call (30 min)` becomes `intro-call-30-min`; a name without Latin letters `meeting`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = _NOT_IN_A_SLUG.sub("-", plain).strip("-")
    slug = words[:MOST_SLUG_CHARACTERS].strip("-") or "meeting"
    return f"{slug}-meeting" if slug in RESERVED_SLUGS else slug
