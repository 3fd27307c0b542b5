"""Reads events and finds their instances in a window."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import icalendar
from icalendar.cal import Component
from icalendar.prop import vBroken
from recurring_ical_events import EventAdapter, Series

from linktime_availability.calendars.expansion.busy import is_busy
from linktime_availability.calendars.expansion.results import BusyRules, RefusalReason
from linktime_availability.calendars.expansion.text import Block
from linktime_availability.calendars.expansion.zones import epoch
from linktime_availability.domain.wall_time import DAY, Span

_FIRST = int(datetime(1, 1, 1, tzinfo=UTC).timestamp())
_LAST = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
_EXACT = re.compile(r"\+?PT[^DW]+", re.IGNORECASE)
_TEXTS = ("UID", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "ATTENDEE")
_CAN_BE_LEFT_OUT = frozenset({"EXDATE", "SEQUENCE"})


class Unreadable(Exception):
    """An event that cannot be read, with the reason."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class CalendarEvent:
    """An event, or a changed instance of one, with what the libraries read of it."""

    block: Block
    component: Component
    span: Span


def read(block: Block, zone: tzinfo) -> CalendarEvent:
    """Return the event of a block; raises Unreadable, or whatever the library does."""
    if not block.complete or block.broken:
        raise Unreadable(RefusalReason.UNREADABLE)
    if not block.has("DTSTART"):
        raise Unreadable(RefusalReason.NO_START)
    component = icalendar.Event.from_ical(block.text(*_TEXTS))
    _leave_out_broken(component)
    event = CalendarEvent(block, component, _span(block, component, zone))
    if event.span[1] < event.span[0]:
        # The library would turn it round.
        raise Unreadable(RefusalReason.UNREADABLE)
    return event


def _leave_out_broken(component: Component) -> None:
    """Remove what frees no time by missing; raises Unreadable if something else is broken."""
    if any(name not in _CAN_BE_LEFT_OUT for name, _ in component.errors):
        raise Unreadable(RefusalReason.UNREADABLE)
    for name in _CAN_BE_LEFT_OUT & set(component):
        values = _values_of(component, name)
        kept = [value for value in values if not isinstance(value, vBroken)]
        if len(kept) < len(values):
            del component[name]
            if kept:
                component[name] = kept


def _span(block: Block, component: Component, zone: tzinfo) -> Span:
    """Return the time of an event, of its first instance if it recurs."""
    start = _moment(component["DTSTART"])
    began = epoch(start, zone)
    if "DTEND" in component:
        return began, epoch(_moment(component["DTEND"]), zone)
    if "DURATION" in component:
        return began, _after(start, _length(component), _exact(block, component), zone)
    return began, began if isinstance(start, datetime) else _next_day(start, zone)


def _exact(block: Block, component: Component) -> timedelta | None:
    """Return the elapsed time of a DURATION of hours, minutes and seconds.

    Days are of the wall clock: in the night of a clock change P1D is 23 or 25 hours, PT24H is
    24 (RFC 5545, 3.3.6).
    """
    if block.has("DTEND") or not _EXACT.fullmatch(block.value("DURATION")):
        return None
    return _length(component)


def _length(component: Component) -> timedelta:
    length = getattr(component["DURATION"], "dt", None)
    if not isinstance(length, timedelta):
        raise Unreadable(RefusalReason.UNREADABLE)
    return length


def _after(start: date, length: timedelta, exact: timedelta | None, zone: tzinfo) -> int:
    """Return when a DURATION ends; one beyond the last year ends with it."""
    if exact is not None:
        return min(epoch(start, zone) + int(exact.total_seconds()), _LAST)
    if not isinstance(start, datetime):
        start = datetime.combine(start, time.min)
    try:
        return epoch(start + length, zone)
    except OverflowError:
        return _LAST if length > timedelta(0) else _FIRST


def _next_day(start: date, zone: tzinfo) -> int:
    return _LAST if start == date.max else epoch(start + timedelta(days=1), zone)


def _moment(value: Any) -> date:
    """Return a date or an instant; a list or a broken value has none."""
    moment = getattr(value, "dt", None)
    if not isinstance(moment, date):
        raise Unreadable(RefusalReason.UNREADABLE)
    return moment


class _Adapter(EventAdapter):  # type: ignore[misc]  # the library has no types
    """What the library asks of an event."""

    def __init__(self, event: CalendarEvent) -> None:
        super().__init__(event.component)
        self.event = event
        self.exact = _exact(event.block, event.component)


@dataclass(frozen=True)
class _Instance:
    """One instance; made by the library for each."""

    event: CalendarEvent
    start: date
    end: date
    exact: timedelta | None

    def is_in_span(self, *_window: datetime) -> bool:
        """Leave out nothing here, because the window is cut afterwards."""
        return True

    def span(self, zone: tzinfo) -> Span:
        began = epoch(self.start, zone)
        if self.exact is not None:
            return began, began + int(self.exact.total_seconds())
        return began, epoch(self.end, zone)


class _Series(Series):  # type: ignore[misc]
    """The versions of one event: itself and its changed instances."""

    def occurrence(self, adapter: _Adapter, start: Any = None, end: Any = None) -> _Instance:
        """Return what the library calls an occurrence; without copies of components."""
        start = adapter.start if start is None else start
        end = adapter.end if end is None else end
        # An RDATE may have an end of its own.
        exact = adapter.exact if end - start == adapter.duration else None
        return _Instance(adapter.event, start, end, exact)


def spans(
    events: Sequence[CalendarEvent], rules: BusyRules, zone: tzinfo, since: int, until: int
) -> Iterator[Span]:
    """Yield the busy times of one series that touch the window, and some near it."""
    if len(events) == 1 and not events[0].block.recurs:
        if is_busy(events[0].block, rules):
            yield events[0].span
        return
    busy = {id(event): is_busy(event.block, rules) for event in events}
    if not any(busy.values()):
        return
    series = _Series([_Adapter(event) for event in events])
    for instance in series.between(_wider(since, -DAY), _wider(until, DAY)):
        if busy[id(instance.event)]:
            yield instance.span(zone)


def _wider(moment: int, seconds: int) -> datetime:
    """Return an instant a day away: floating times are up to 14 hours from UTC."""
    return datetime.fromtimestamp(moment + seconds, UTC)


def _values_of(component: Component, name: str) -> list[Any]:
    """Return the values of a property; the library has a list only for several."""
    values: Any = component.get(name, [])
    return values if isinstance(values, list) else [values]
