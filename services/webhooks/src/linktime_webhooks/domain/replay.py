"""A replay of the events that an endpoint missed in a date range."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from linktime_webhooks.domain.delivery import DeliveryState


class ReplayState(StrEnum):
    """`running` until every chosen event has its delivery."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"  # its endpoint was disabled or deleted


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Events received within [since, until), last ended in one of `states`; any type if None."""

    since: datetime
    until: datetime
    states: tuple[DeliveryState, ...]
    event_types: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class RangeReplay:
    """`chosen` and `has_more` are None until the events are chosen."""

    id: UUID
    choice: Choice
    state: ReplayState
    chosen: int | None
    has_more: bool | None
    replayed: int
    created_at: datetime
    finished_at: datetime | None
