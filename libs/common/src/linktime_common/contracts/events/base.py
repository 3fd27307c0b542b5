"""The envelope of every event: CloudEvents 1.0, JSON, structured mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel, format_instant
from linktime_common.ids import new_id
from linktime_common.request_ids import is_request_id


class Event(WireModel):
    """One fact about one aggregate, with the aggregate's whole state after it.

    A subclass declares `type`, `version`, `publisher` and `consumers`; its fields become `data`.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    publisher: ClassVar[str]
    consumers: ClassVar[frozenset[str]]

    event_id: UUID = Field(default_factory=new_id, exclude=True)
    occurred_at: Instant = Field(exclude=True)
    owner_id: UUID = Field(exclude=True)
    aggregate_id: UUID = Field(exclude=True)
    aggregate_version: int = Field(exclude=True)
    request_id: str | None = Field(default=None, exclude=True)
    """Of a received event: the id of the request that caused it, if one did."""
    traceparent: str | None = Field(default=None, exclude=True)
    """The trace context of what the event was received for; None before it is sent."""

    @classmethod
    def routing_key(cls) -> str:
        """`booking.created.v1`: the type, then the major version of its shape."""
        return f"{cls.type}.v{cls.version}"

    def envelope(self, traceparent: str | None = None, request_id: str | None = None) -> bytes:
        """The CloudEvents document as UTF-8 JSON."""
        document: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(self.event_id),
            "source": f"/{self.publisher}",
            "type": self.type,
            "time": format_instant(self.occurred_at),
            "subject": str(self.aggregate_id),
            "datacontenttype": "application/json",
            "dataschema": f"urn:linktime:{self.routing_key()}",
            "ownerid": str(self.owner_id),
            "aggregateversion": self.aggregate_version,
            "data": self.model_dump(mode="json"),
        }
        if traceparent:
            document["traceparent"] = traceparent
        if request_id:
            document["requestid"] = request_id
        return orjson.dumps(document)

    @classmethod
    def from_envelope(cls, document: dict[str, Any], traceparent: str | None = None) -> Self:
        """Parse a CloudEvents document; raises pydantic's ValidationError."""
        request_id = document.get("requestid")
        return cls.model_validate(
            {
                **document["data"],
                "event_id": document["id"],
                "occurred_at": document["time"],
                "owner_id": document["ownerid"],
                "aggregate_id": document["subject"],
                "aggregate_version": document["aggregateversion"],
                "request_id": request_id if is_request_id(request_id) else None,
                "traceparent": traceparent,
            }
        )


class PersonErased(Event):
    """Common base: a service has erased a person, as the erasure (the aggregate) has requested.

    The version of the aggregate is the round. Carries nothing of the person.
    """

    consumers: ClassVar[frozenset[str]] = frozenset({"contacts"})


def next_version(previous: int, now: datetime) -> int:
    """Return the next version, at least the clock, so that a restored backup cannot go back."""
    return max(previous + 1, int(now.timestamp() * 1_000_000))
