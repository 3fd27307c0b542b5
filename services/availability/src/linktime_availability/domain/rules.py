"""The booking rules of an event type."""

from dataclasses import dataclass, replace
from typing import Self

MOST_DAYS_IN_ADVANCE = 730


@dataclass(frozen=True, slots=True)
class BookingRules:
    """The rules a host sets; a limit of None is no limit.

    `max_active_per_invitee` and `change_notice_minutes` are for bookings, which knows the invitee.
    """

    duration_minutes: int
    slot_interval_minutes: int
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_notice_minutes: int = 60
    max_days_in_advance: int = 60
    daily_limit: int | None = None
    weekly_limit: int | None = None
    monthly_limit: int | None = None
    max_active_per_invitee: int | None = None
    change_notice_minutes: int | None = None
    active: bool = True

    def ignored(self) -> Self:
        """Return the rules of a host who ignores notice, horizon and limits."""
        return replace(
            self,
            minimum_notice_minutes=0,
            max_days_in_advance=MOST_DAYS_IN_ADVANCE,
            daily_limit=None,
            weekly_limit=None,
            monthly_limit=None,
        )
