"""Expands one object: a calendar resource of CalDAV, or a whole feed."""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from linktime_availability.calendars.expansion import frequency
from linktime_availability.calendars.expansion.busy import is_cancelled, possible_booking
from linktime_availability.calendars.expansion.events import CalendarEvent, Unreadable, read, spans
from linktime_availability.calendars.expansion.intervals import clipped, merged
from linktime_availability.calendars.expansion.results import (
    NO_UID,
    WHOLE_OBJECT,
    BookingTime,
    BusyRules,
    Expansion,
    ExpansionLimits,
    OwnEvent,
    RefusalReason,
    Refused,
)
from linktime_availability.calendars.expansion.text import (
    Block,
    CalendarText,
    TooManyEvents,
    split,
)
from linktime_availability.calendars.expansion.zones import define_zones
from linktime_availability.domain.wall_time import Span
from linktime_common.timezones import zone

_UID_LENGTH = 200
_SHORT = re.compile(r"PT(\d\d?H)?(\d{1,3}M)?(\d{1,3}S)?")
_SHORT_DAYS = 5
TIMES = frozenset({"DTSTART", "DTEND", "DURATION"})


@dataclass(frozen=True)
class SearchWindow:
    """The instants that are asked for, in the zone of the calendar's owner."""

    since: int
    until: int
    zone: tzinfo

    def excludes(self, block: Block) -> bool:
        """Whether an event that does not recur is certainly outside, by the dates of its text."""
        starts = frequency.first_date(block.value("DTSTART"))
        ends = frequency.first_date(block.value("DTEND")) or starts
        if starts is None or ends is None:
            return False
        if block.has("DURATION"):
            is_short = _SHORT.fullmatch(block.value("DURATION")) is not None
            ends = starts if is_short else date.max
        return starts > self.last_date or ends < self.first_date - timedelta(days=_SHORT_DAYS)

    @cached_property
    def first_date(self) -> date:
        """Two days before: zones differ by up to 26 hours."""
        return datetime.fromtimestamp(self.since, UTC).date() - timedelta(days=2)

    @cached_property
    def last_date(self) -> date:
        return datetime.fromtimestamp(self.until, UTC).date() + timedelta(days=2)


@dataclass
class _Findings:
    """What was found so far in one object."""

    limits: ExpansionLimits
    busy: list[Span] = field(default_factory=list)
    is_full: bool = False
    refused: list[Refused] = field(default_factory=list)
    refused_count: int = 0
    events: int = 0
    own: list[OwnEvent] = field(default_factory=list)
    bookings: list[BookingTime] = field(default_factory=list)
    booking_intervals: int = 0

    def refuse(self, uid: str, reason: str) -> None:
        self.refused_count += 1
        if len(self.refused) < self.limits.refused_shown:
            self.refused.append(Refused(shown(uid), reason))

    def add(self, found: list[Span]) -> None:
        """Add the busy times of one series; raises Unreadable if they are too many."""
        if len(self.busy) + len(found) > self.limits.intervals:
            together = [] if self.is_full else merged([*self.busy, *found])
            if self.is_full or len(together) > self.limits.intervals:
                # If not even one fits, the others are not tried: merging for each takes seconds.
                self.is_full = self.is_full or len(found) == 1
                raise Unreadable(RefusalReason.TOO_MANY)
            self.busy = together
        else:
            self.busy += found

    def add_booking(self, booking_id: UUID, found: list[Span]) -> None:
        """Add the busy times of a booking's event; raises Unreadable if they are too many."""
        times = BookingTime(booking_id, tuple(merged(found)))
        if self.booking_intervals + len(times.intervals) > self.limits.intervals:
            raise Unreadable(RefusalReason.TOO_MANY)
        self.booking_intervals += len(times.intervals)
        if times.intervals:
            self.bookings.append(times)

    def expansion(self) -> Expansion:
        return Expansion(
            intervals=tuple(merged(self.busy)),
            refused=tuple(self.refused),
            events=self.events,
            refused_count=self.refused_count,
            own=tuple(self.own[: self.limits.refused_shown]),
            bookings=tuple(self.bookings),
        )


@dataclass(frozen=True)
class _Expander:
    rules: BusyRules
    window: SearchWindow
    limits: ExpansionLimits
    skip: Mapping[int, str]
    beginning: Callable[[int | None], None]
    findings: _Findings

    def calendar(self, calendar: CalendarText, numbers: Iterable[int]) -> None:
        """Expand the series of one VCALENDAR; `numbers` are their numbers in the object."""
        if not calendar.gregorian:
            self.findings.refuse(WHOLE_OBJECT, RefusalReason.UNREADABLE)
            return
        if not calendar.complete:
            self.findings.refuse(WHOLE_OBJECT, RefusalReason.UNREADABLE)
        self.beginning(None)
        for one in define_zones(calendar.zones, self.limits):
            self.findings.refuse(one.uid, one.reason)
        numbered = list(zip(numbers, series_of(calendar.events), strict=False))
        # Recurring series last: one that is stopped is then the one that was announced.
        for number, blocks in sorted(numbered, key=lambda one: _recurs(one[1])):
            uid = blocks[0].value("UID") or NO_UID
            if number in self.skip:
                self.findings.refuse(uid, self.skip[number])
                continue
            booking_id = possible_booking(blocks[0])
            if booking_id is not None:
                self._own(uid, blocks)
            self._series(uid, blocks, number, booking_id)

    def _own(self, uid: str, blocks: list[Block]) -> None:
        """Note the time of the event; one that cannot be read is left out."""
        block = next((one for one in blocks if not one.has("RECURRENCE-ID")), blocks[0])
        lines = [one for one in block.lines if one[0] in TIMES]
        only_times = replace(block, lines=lines)
        try:
            start, end = read(only_times, self.window.zone).span
        except MemoryError:
            raise
        except Exception:
            return
        self.findings.own.append(OwnEvent(shown(uid), start, end, is_cancelled(block)))

    def _series(self, uid: str, blocks: list[Block], number: int, booking_id: UUID | None) -> None:
        if _recurs(blocks):
            self.beginning(number)
        elif self.window.excludes(blocks[0]):
            return
        events = [event for block in blocks if (event := self._event(uid, block))]
        if not events:
            return
        window = self.window
        try:
            found = spans(events, self.rules, window.zone, window.since, window.until)
            times = clipped(found, window.since, window.until)
            if booking_id is None:
                self.findings.add(times)
            else:
                self.findings.add_booking(booking_id, times)
        except MemoryError:
            raise
        except Exception as error:  # the library raises many kinds for wrong rules
            self.findings.refuse(uid, _reason(error))

    def _event(self, uid: str, block: Block) -> CalendarEvent | None:
        """Return an event, or None if it is refused; its neighbours are not affected."""
        reason = frequency.refusal_of_event(block, self.window.last_date, self.limits)
        if reason is None:
            try:
                return read(block, self.window.zone)
            except MemoryError:
                raise
            except Exception as error:  # as above
                reason = _reason(error)
        self.findings.refuse(uid, reason)
        return None


def expand_object(
    data: bytes,
    rules: BusyRules,
    window: SearchWindow,
    limits: ExpansionLimits,
    *,
    skip: Mapping[int, str] = MappingProxyType({}),
    beginning: Callable[[int | None], None] = lambda _: None,
) -> Expansion:
    """Return the busy time of one object.

    `beginning` is called with the number of each recurring series before it is read, and with None
    before other work. A series whose number is in `skip` is refused for that reason. This runs in
    the limited child, because the libraries are slow with some texts.
    """
    if len(data) > limits.body_bytes:
        return Expansion.refusal(RefusalReason.TOO_LARGE)
    try:
        calendars = split(data, limits.events)
    except TooManyEvents:
        return Expansion.refusal(RefusalReason.TOO_MANY)
    if not calendars:
        return Expansion.refusal(RefusalReason.UNREADABLE)
    findings = _Findings(limits, events=sum(len(one.events) for one in calendars))
    expander = _Expander(rules, window, limits, skip, beginning, findings)
    first = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries warn of names and rules that are wrong
        for calendar in calendars:
            last = first + len(calendar.events)
            expander.calendar(calendar, range(first, last))
            first = last
    return findings.expansion()


def window_of(rules: BusyRules, since: int, until: int) -> SearchWindow:
    """Return a window of instants; raises UnknownTimezone."""
    return SearchWindow(since, until, zone(rules.zone))


def series_of(blocks: Iterable[Block]) -> list[list[Block]]:
    """Return events by UID. Those without one are a series each, not versions of one event."""
    by_uid: dict[object, list[Block]] = {}
    for block in blocks:
        by_uid.setdefault(block.value("UID") or id(block), []).append(block)
    return list(by_uid.values())


def _recurs(blocks: list[Block]) -> bool:
    return len(blocks) > 1 or blocks[0].recurs


def shown(text: str) -> str:
    """Return a text by others as it can be stored and shown: short, in one line, as written."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)[
        :_UID_LENGTH
    ]


def _reason(error: Exception) -> RefusalReason:
    return error.reason if isinstance(error, Unreadable) else RefusalReason.UNREADABLE
