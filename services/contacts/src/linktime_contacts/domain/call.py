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
    """One call as its source reports it; `contact_phone` is E.164, or None when withheld."""

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

    def merged(self, update: Self) -> Self:
        """Return this call merged with a later report of it.

        The report with the later end (or start) wins, `update` if they are equal; its empty fields
        are filled from the other. A completed call stays completed.
        """
        newer, older = (self, update) if self._time > update._time else (update, self)
        empty = [field.name for field in fields(Call) if getattr(newer, field.name) is None]
        completed = CallStatus.COMPLETED in {newer.status, older.status}
        return replace(
            newer,
            **{name: getattr(older, name) for name in empty},
            transcript=newer.transcript or older.transcript,
            metadata={**older.metadata, **newer.metadata},
            status=CallStatus.COMPLETED if completed else newer.status,
        )

    @property
    def _time(self) -> datetime:
        return self.ended_at or self.started_at
