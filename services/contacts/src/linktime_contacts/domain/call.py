"""A voice call of a host."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from linktime_contacts.domain.direction import Direction


class CallStatus(StrEnum):
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    NO_ANSWER = "NO_ANSWER"


@dataclass(frozen=True)
class Call:
    """One call as its source tells it. `contact_phone` is E.164, or None when it was withheld."""

    source: str
    external_id: str
    direction: Direction
    contact_phone: str | None
    agent_name: str | None
    agent_id: str | None
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: int
    status: CallStatus
    end_reason: str | None
    summary: str | None
    transcript: list[dict[str, Any]]
    recording_url: str | None
    booking_id: str | None
    metadata: dict[str, Any]

    def merged(self, told: Self) -> Self:
        """With what was told about it again: the later end (or start) wins, and of equal ones the
        word now told; what one of them leaves open the other fills; a completed call stays so."""
        newer, older = (self, told) if self._time > told._time else (told, self)
        left_open = [field.name for field in fields(Call) if getattr(newer, field.name) is None]
        completed = CallStatus.COMPLETED in {newer.status, older.status}
        return replace(
            newer,
            **{name: getattr(older, name) for name in left_open},
            transcript=newer.transcript or older.transcript,
            metadata={**older.metadata, **newer.metadata},
            status=CallStatus.COMPLETED if completed else newer.status,
        )

    @property
    def _time(self) -> datetime:
        return self.ended_at or self.started_at
