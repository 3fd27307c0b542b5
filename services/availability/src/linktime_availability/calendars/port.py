"""What the rest of this package knows of a provider: six calls, their values and their errors.

`state`, `ref` and `version` are the provider's own texts, stored and given back as they are: a sync
token and an ETag of CalDAV, a sync token and an event id of Google, a delta link of Graph.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from linktime_common.errors import SafeToLog

Known = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns the version of each stored object by its ref; called if all objects must be compared."""


class ErrorKind(StrEnum):
    """What a caller does about an error."""

    AUTH = "auth"  # stop, and ask the host to connect again
    FORBIDDEN = "forbidden"  # try again, later each time: others of the account may be open
    GONE = "gone"  # the calendar or the event is no longer there
    CONFLICT = "conflict"  # read the event, then decide again
    RATE = "rate"  # wait as long as the server says
    TRANSIENT = "transient"  # try again, later each time
    INVALID = "invalid"  # no repetition helps; show the sentence to the host


class CalendarError(SafeToLog):
    """The message is a sentence for the host; it contains no password and no answer, and of an
    address at most the origin."""

    kind: ClassVar[ErrorKind]


class Unauthorized(CalendarError):
    """The password is wrong or no longer valid, or the account may not use the server at all."""

    kind = ErrorKind.AUTH


class Forbidden(CalendarError):
    """The account may not read this calendar, at least not now; it says nothing of others."""

    kind = ErrorKind.FORBIDDEN


class Gone(CalendarError):
    """The calendar or the event does not exist at its address."""

    kind = ErrorKind.GONE


class Conflict(CalendarError):
    """The event exists, has another version, or its UID is taken: `find_event` says which.

    It raises Gone if the calendar is not there, to which CalDAV's PUT gives the same answer.
    """

    kind = ErrorKind.CONFLICT


class RateLimited(CalendarError):
    """The server refuses more requests; None if it does not say for how long."""

    kind = ErrorKind.RATE

    def __init__(self, sentence: str, *, retry_after_seconds: float | None) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


class Transient(CalendarError):
    """The server did not answer, or answered that it cannot do so now."""

    kind = ErrorKind.TRANSIENT


class Invalid(CalendarError):
    """The answer is no calendar, breaks a limit, or the request can never succeed."""

    kind = ErrorKind.INVALID


class OtherHost(Invalid):
    """The server refers to `origin`, of which nothing is asked."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"The server refers to {origin}, which does not get your password. If you trust it,"
            " connect with its address"
        )
        self.origin = origin


@dataclass(frozen=True)
class Calendar:
    """A calendar of an account that can contain events; `colour` is like `#0a64ff`."""

    ref: str = field(repr=False)
    name: str
    colour: str | None
    is_writable: bool


@dataclass(frozen=True)
class CalendarObject:
    """iCalendar text: one event with its exceptions, or a whole feed.

    `version` is empty if the server gives none.
    """

    ref: str
    version: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Changes:
    """What differs from the objects that the caller has stored.

    `unreadable` objects exist, but the server did not deliver them, or only in a form that cannot
    be used. Their time is unknown, not free. Each is named when it changes, and one that the server
    cannot deliver now is asked for and named each time until it is delivered or removed.
    """

    changed: tuple[CalendarObject, ...]
    removed: tuple[str, ...]
    unreadable: tuple[str, ...]
    state: str = field(repr=False)


@dataclass(frozen=True)
class EventVersion:
    """An event of ours in a calendar."""

    ref: str
    version: str


class CalendarAdapter(Protocol):
    """An account at one provider; every call raises CalendarError."""

    async def list_calendars(self) -> Sequence[Calendar]:
        """Return the calendars that can contain events."""
        ...

    async def sync(self, calendar: str, state: str | None, known: Known) -> Changes:
        """Return the changes since `state`, or everything if there is none.

        A state that the server has forgotten is replaced: the answer then is what differs from
        the known versions.
        """
        ...

    async def query(
        self, calendar: str, since: datetime, until: datetime
    ) -> Sequence[CalendarObject]:
        """Return at least the objects that overlap the range, as the server has them now.

        Raises Transient or Invalid if the server does not deliver one of them.
        """
        ...

    async def find_event(self, calendar: str, uid: str) -> CalendarObject | None:
        """Return the event with this UID, to decide what a conflict means.

        Raises Transient or Invalid if the server may have it and does not deliver it.
        """
        ...

    async def put_event(
        self, calendar: str, uid: str, data: bytes, expected: EventVersion | None
    ) -> EventVersion:
        """Change the event if it has the expected version, or create it if None is expected."""
        ...

    async def delete_event(self, calendar: str, expected: EventVersion) -> None:
        """Delete the event if it has the expected version."""
        ...
