"""Calendars of a host: accounts, freshness, and what applies if they cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import floor
from typing import Any
from uuid import UUID

MOST_ACCOUNTS = 10
MOST_CALENDARS_READ = 20  # of one host
MOST_CALENDARS_LISTED = 100  # of one account
MOST_OBJECTS = 20_000  # of one calendar
MOST_OBJECT_BYTES = 64 * 1024 * 1024  # of them together
TOO_MANY_OBJECTS = f"The calendar has more than {MOST_OBJECTS} events"
TOO_LARGE_OBJECTS = "The calendar's events are too large"

RECENT_FOR = timedelta(seconds=60)
"""Calendars that were read within this time are not asked before a booking."""
FRESH_FOR = timedelta(minutes=15)
STALE_FOR = timedelta(hours=24)


class AccountState(StrEnum):
    """Whether the server still accepts the credentials."""

    CONNECTED = "CONNECTED"
    RECONNECT = "RECONNECT"


class Freshness(StrEnum):
    """How old the known busy time is."""

    FRESH = "fresh"
    STALE = "stale"
    """Not read for 15 minutes: the last known busy time is used, and the host is shown it."""
    DEAD = "dead"
    """Not read for 24 hours, or never, or the credentials are refused: the policy applies."""


class CalendarPolicy(StrEnum):
    """What applies while a calendar is dead."""

    FAIL_CLOSED = "fail_closed"
    """No slots."""
    FAIL_OPEN = "fail_open"
    """Slots by the last known busy time."""


@dataclass(frozen=True, kw_only=True)
class CalendarAccount:
    """A connection to a calendar server; `credentials` is sealed, `server` is a host name."""

    id: UUID
    host_id: UUID
    kind: str
    preset: str
    server: str
    user_name: str
    credentials: bytes = field(repr=False)
    state: AccountState = AccountState.CONNECTED
    last_error: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FoundCalendar:
    """A calendar that the server lists; `id`, `reads` and `writes` apply if it is new."""

    id: UUID
    account_id: UUID
    host_id: UUID
    ref: str = field(repr=False)
    name: str
    colour: str | None
    is_writable: bool
    reads: bool
    writes: bool


@dataclass(frozen=True, kw_only=True)
class HostCalendar:
    """A calendar of an account, with the state of its synchronisation.

    `pending_writes` and `failed_writes` are events of bookings that are not yet ended,
    `changed_events` those that somebody deleted or moved, `write_error` is the latest error.
    """

    id: UUID
    account_id: UUID
    host_id: UUID
    name: str
    colour: str | None
    is_writable: bool
    reads: bool
    writes: bool
    synced_at: datetime | None
    expanded_until: datetime | None
    last_error: str | None
    events: int
    refused_count: int
    refused: Sequence[dict[str, str]]
    account_state: AccountState
    pending_writes: int
    failed_writes: int
    changed_events: int
    write_error: str | None

    def freshness(self, now: datetime) -> Freshness:
        """How old the known busy time is."""
        is_refused = self.account_state is AccountState.RECONNECT
        return freshness_of(self.synced_at, now, is_refused=is_refused)


@dataclass(frozen=True, kw_only=True)
class BusyTime:
    """A busy interval of a calendar; which event it is, is not stored."""

    calendar_id: UUID
    calendar_name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class CalendarReading:
    """How well the calendars of a host are known; `oldest` is None if one was never read.

    `expanded_until` is the end of the stored busy time; None without calendars.
    """

    calendars: int
    oldest: datetime | None
    is_refused: bool
    policy: CalendarPolicy
    expanded_until: datetime | None = None

    def freshness(self, now: datetime) -> Freshness:
        """The freshness of the worst calendar."""
        if not self.calendars:
            return Freshness.FRESH
        return freshness_of(self.oldest, now, is_refused=self.is_refused)

    def is_closed(self, now: datetime) -> bool:
        """Whether nothing can be booked, because busy time is not known."""
        is_dead = self.freshness(now) is Freshness.DEAD
        return is_dead and self.policy is CalendarPolicy.FAIL_CLOSED

    def is_recent(self, now: datetime) -> bool:
        """Whether no calendar has to be asked before a booking."""
        return not self.calendars or (self.oldest is not None and now - self.oldest <= RECENT_FOR)

    def known_until(self, now: datetime) -> int | None:
        """Return the epoch seconds after which nothing can be booked, or None.

        None without calendars, and if the last known busy time applies although one is dead.
        """
        if self.expanded_until is None:
            return None
        is_dead = self.freshness(now) is Freshness.DEAD
        if is_dead and self.policy is CalendarPolicy.FAIL_OPEN:
            return None
        return floor(self.expanded_until.timestamp())


def freshness_of(synced_at: datetime | None, now: datetime, *, is_refused: bool) -> Freshness:
    """Return the freshness; one that was never read is dead, as its silence does not mean free."""
    if is_refused or synced_at is None or now - synced_at > STALE_FOR:
        return Freshness.DEAD
    return Freshness.STALE if now - synced_at > FRESH_FOR else Freshness.FRESH


def freshness_of_all(calendars: Sequence[HostCalendar], now: datetime) -> Freshness | None:
    """Return that of the worst calendar that is read, or None without one."""
    order: list[Any] = list(Freshness)
    found = [one.freshness(now) for one in calendars if one.reads]
    return max(found, key=order.index) if found else None


def least_known(calendars: Sequence[HostCalendar], now: datetime) -> list[HostCalendar]:
    """Return the calendars because of which nothing can be booked: dead ones, otherwise the one
    whose known busy time ends first."""
    read = [one for one in calendars if one.reads]
    dead = [one for one in read if one.freshness(now) is Freshness.DEAD]
    known = [one for one in read if one.expanded_until]
    known.sort(key=lambda one: one.expanded_until or now)
    return dead or known[:1]
