"""Dead-lettered messages, on every consuming service's internal port (operator).

GET  /internal/parked-messages?after=…&limit=…  → 200 ParkedMessages, oldest first
POST /internal/parked-messages/replay           ParkedSelection → 200 {count}
POST /internal/parked-messages/drop             ParkedSelection → 200 {count}
"""

from uuid import UUID

from linktime_common.contracts.wire import Instant, WireModel


class ParkedMessage(WireModel):
    id: UUID
    consumer: str
    routing_key: str
    reason: str
    parked_at: Instant


class ParkedMessages(WireModel):
    data: list[ParkedMessage]


class ParkedSelection(WireModel):
    """The ids of messages; None selects all."""

    ids: list[UUID] | None = None


class ParkedCount(WireModel):
    count: int
