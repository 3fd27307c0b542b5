"""The numbers of an event type that decide when it can be booked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BookingRules:
    """Minutes and days as the host set them; a `daily_limit` of None is no limit."""

    duration_minutes: int
    slot_interval_minutes: int
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_notice_minutes: int = 60
    max_days_in_advance: int = 60
    daily_limit: int | None = None
    active: bool = True
