"""Publishing again, on the internal port of every service that publishes events (operator).

POST /internal/outbox/republish   RepublishDays → 200 {count}
"""

from typing import Annotated

from pydantic import Field

from linktime_common.contracts.wire import WireModel

MOST_DAYS = 7
"""Published events are kept that long."""


class RepublishDays(WireModel):
    """How far back, from the last event that was published."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 1


class RepublishedCount(WireModel):
    count: int
