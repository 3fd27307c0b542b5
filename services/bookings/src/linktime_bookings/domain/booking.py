"""A booking and its changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from linktime_bookings.domain.errors import (
    BookingAlreadyCancelled,
    BookingChanged,
    BookingEnded,
    ChangeTooLate,
    InvalidAnswers,
)
from linktime_common import phones
from linktime_common.contracts.events.base import next_version
from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingStatus,
)
from linktime_common.contracts.internal_api.availability import Reservation

By = Literal["host", "invitee", "system"]
Source = Literal["api", "page", "embed"]


class Change(StrEnum):
    """The type of a line of a booking's history."""

    CREATED = "created"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Invitee:
    """The invitee's details as sent; `locale` is the language of mails, None if unknown."""

    name: str
    email: str
    timezone: str
    phone: str | None
    notes: str | None
    locale: str | None = None

    def reached_from(self, timezone: str | None) -> Self:
        """Return the invitee with the phone number as E.164, read in the host's region.

        Raises InvalidAnswers.
        """
        if self.phone is None:
            return self
        try:
            return replace(self, phone=phones.read(self.phone, timezone))
        except phones.PhoneRefused as refused:
            raise InvalidAnswers({"inviteePhone": str(refused)}) from refused


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One change; both starts are None unless it is a reschedule.

    `ignored_rules` if the host made it without regard to hours, notice, horizon and limits.
    """

    type: Change
    at: datetime
    by: By
    reason: str | None = None
    from_starts_at: datetime | None = None
    to_starts_at: datetime | None = None
    ignored_rules: bool = False


@dataclass(frozen=True, kw_only=True)
class Booking:
    """A booking's whole state, with event type and host as of its creation.

    `change_notice_minutes` and `reminder_minutes` are the event type's when the booking was made or
    last moved; `reminder_minutes` is None if it is not known.
    """

    id: UUID
    version: int
    sequence: int
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    buffer_before: int
    buffer_after: int
    invitee: Invitee
    answers: Sequence[Answer]
    event_type: BookedEventType
    host: BookedHost
    location: str | None
    source: Source
    reservation_id: UUID
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None
    change_notice_minutes: int | None = None
    reminder_minutes: Sequence[int] | None = None
    reminders_wanted: bool = True

    @classmethod
    def made(
        cls,
        held: Reservation,
        *,
        invitee: Invitee,
        answers: Sequence[Answer],
        source: Source,
        now: datetime,
    ) -> Self:
        """Return a confirmed booking of the held time."""
        return cls(
            id=held.booking_id,
            version=next_version(0, now),
            sequence=0,
            status=BookingStatus.CONFIRMED,
            starts_at=held.start_time,
            ends_at=held.end_time,
            buffer_before=held.buffer_before,
            buffer_after=held.buffer_after,
            change_notice_minutes=held.change_notice_minutes,
            reminder_minutes=held.reminder_minutes,
            invitee=invitee,
            answers=answers,
            event_type=held.event_type,
            host=held.host,
            location=held.location,
            source=source,
            reservation_id=held.reservation_id,
            created_at=now,
            updated_at=now,
        )

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def minutes(self) -> int:
        """The duration, which a move keeps."""
        return self.duration // timedelta(minutes=1)

    @property
    def has_reminders(self) -> bool:
        """Whether its event type has reminders, also if the invitee wants none, or may have."""
        return self.reminder_minutes is None or bool(self.reminder_minutes)

    @property
    def changeable_until(self) -> datetime:
        """The instant from which the invitee can no longer cancel or move."""
        if self.change_notice_minutes is None:
            return self.ends_at
        return self.starts_at - timedelta(minutes=self.change_notice_minutes)

    def refuse_change(self, *, now: datetime, by: By = "host") -> None:
        """Raise BookingAlreadyCancelled, BookingEnded or, for the invitee, ChangeTooLate if the
        booking can no longer change."""
        if self.status is BookingStatus.CANCELLED:
            raise BookingAlreadyCancelled(booking_id=self.id)
        if self.ends_at <= now:
            raise BookingEnded(booking_id=self.id)
        if by == "invitee" and self.changeable_until <= now:
            raise ChangeTooLate(booking_id=self.id)

    def refuse_other_sequence(self, expected: int | None) -> None:
        """Raise BookingChanged unless this is the state that is expected; None is any."""
        if expected not in {None, self.sequence}:
            raise BookingChanged(booking_id=self.id)

    def cancel(self, *, reason: str | None, now: datetime, by: By = "host") -> Self:
        """Return the cancelled booking; raises as `refuse_change`."""
        self.refuse_change(now=now, by=by)
        return replace(
            self._changed(now),
            status=BookingStatus.CANCELLED,
            cancelled_at=now,
            cancellation_reason=reason,
        )

    def move(self, held: Reservation, *, now: datetime, by: By = "host") -> Self:
        """Return the booking at the held time, with the rules of that reservation.

        Raises as `refuse_change`.
        """
        self.refuse_change(now=now, by=by)
        return replace(
            self._changed(now),
            starts_at=held.start_time,
            ends_at=held.end_time,
            buffer_before=held.buffer_before,
            buffer_after=held.buffer_after,
            change_notice_minutes=held.change_notice_minutes,
            reminder_minutes=held.reminder_minutes,
            reservation_id=held.reservation_id,
        )

    def want_reminders(self, wanted: bool, *, now: datetime) -> Self:
        """Return the booking with the invitee's choice, which is no new version: hosts and
        calendars do not see it.

        Raises BookingAlreadyCancelled, BookingEnded; the change notice does not matter.
        """
        self.refuse_change(now=now)
        return replace(self, reminders_wanted=wanted)

    def _changed(self, now: datetime) -> Self:
        return replace(
            self,
            version=next_version(self.version, now),
            sequence=self.sequence + 1,
            updated_at=now,
        )
