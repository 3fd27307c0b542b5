"""What is asked of an expansion, what it answers, and its limits."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from linktime_availability.domain.wall_time import Span

WHOLE_OBJECT = ""
"""The UID of a refusal that concerns the whole object, not one series of it."""
NO_UID = "(no UID)"


class RefusalReason(StrEnum):
    """Why a series or an object is refused."""

    TOO_FREQUENT = "too_frequent"
    NEVER_ENDS_PARSING = "never_ends_parsing"
    NO_START = "no_start"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    OUT_OF_TIME = "out_of_time"


@dataclass(frozen=True, slots=True)
class BusyRules:
    """How the owner of a calendar reads it."""

    zone: str
    own_address: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A series whose time is not counted, or an object (`WHOLE_OBJECT`)."""

    uid: str
    reason: str


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """An event of a booking, with its time as the calendar has it now."""

    uid: str
    start: int
    end: int
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class BookingTime:
    """The busy time of events of a booking, which is free if it is one of the calendar's host."""

    booking_id: UUID
    intervals: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """The busy time of one object: merged half-open intervals of epoch seconds, no texts.

    `refused` has the first refusals, `refused_count` says how many there were; `own` has the first
    events of bookings. The time of these is in `bookings`, not in `intervals`.
    """

    intervals: tuple[Span, ...] = ()
    refused: tuple[Refused, ...] = ()
    events: int = 0
    refused_count: int = 0
    own: tuple[OwnEvent, ...] = ()
    bookings: tuple[BookingTime, ...] = ()

    @property
    def booking_intervals(self) -> int:
        """How many intervals the bookings have."""
        return sum(len(one.intervals) for one in self.bookings)

    @property
    def whole_refusal(self) -> str | None:
        """Why the object was refused as a whole, or None."""
        return next((one.reason for one in self.refused if one.uid == WHOLE_OBJECT), None)

    @classmethod
    def refusal(cls, reason: RefusalReason) -> "Expansion":
        """Return the expansion of an object that is refused as a whole."""
        return cls(refused=(Refused(WHOLE_OBJECT, reason),), refused_count=1)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Expansion":
        """Return the expansion that `dataclasses.asdict` and JSON made a dictionary of."""
        return cls(
            intervals=tuple((start, end) for start, end in value["intervals"]),
            refused=tuple(Refused(**one) for one in value["refused"]),
            events=value["events"],
            refused_count=value["refused_count"],
            own=tuple(OwnEvent(**one) for one in value["own"]),
            bookings=tuple(
                BookingTime(
                    UUID(one["booking_id"]), tuple((start, end) for start, end in one["intervals"])
                )
                for one in value["bookings"]
            ),
        )


@dataclass(frozen=True, slots=True)
class ExpansionLimits:
    """Limits of one call. The first group is counted, the second is enforced by the kernel."""

    body_bytes: int = 10_000_000
    events: int = 20_000
    intervals: int = 5_000
    steps: int = 100_000
    """Occurrences between the start of a series and the end of the window."""
    dates: int = 10_000
    """EXDATE and RDATE, and lines that are read, of one event or one time zone."""
    refused_shown: int = 100

    series_cpu_seconds: float = 2
    object_cpu_seconds: float = 10
    batch_cpu_seconds: float = 30
    silence_seconds: float = 60
    """Wall time without an answer of the child."""
    batch_seconds: float = 120
    memory_bytes: int = 512 * 1024 * 1024
    open_files: int = 32
    kills_per_object: int = 3
