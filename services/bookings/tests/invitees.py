"""Invitees: the public booking endpoint, and the client with a booking's link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.bookings.tests.calls import Reply, booking_request, slot, wire
from services.bookings.tests.fakes import EventType

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


@dataclass(frozen=True)
class Invitee:
    """A client with the link."""

    service: Running
    token: str = ""
    booking_id: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)

    async def get(self) -> Reply:
        return await self.send("GET", "")

    async def cancel(self, body: Any = None, key: str | None = None) -> Reply:
        return await self.send("POST", "/cancel", body, key)

    async def move(self, number: int, key: str | None = None, **more: object) -> Reply:
        body = {"newStartTime": wire(slot(number)), **more}
        return await self.send("POST", "/reschedule", body, key)

    async def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> Reply:
        headers = self.credentials or self.service.identity(CallerKind.PUBLIC)
        if key is not None:
            headers = {**headers, "Idempotency-Key": key}
        url = f"{self.service.url}/api/public/bookings/{self.token}{path}"
        async with self.service.session.request(method, url, headers=headers, json=body) as reply:
            return Reply(reply.status, await reply.json(), reply.headers)


async def book(service: Running, event_type: EventType, number: int = 0) -> dict[str, Any]:
    """Return the response of the public booking endpoint."""
    body = booking_request(slot(number), eventTypeId=str(event_type.id), notes="Bring tea")
    del body["eventTypeSlug"]
    headers = {**service.identity(CallerKind.PUBLIC), "Idempotency-Key": f"k{number}"}
    url = f"{service.url}/api/bookings"
    async with service.session.post(url, headers=headers, json=body) as response:
        assert response.status == 201
        answer: dict[str, Any] = await response.json()
        return answer
