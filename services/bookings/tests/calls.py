"""Calls to bookings, and their bodies."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running, key_between

PUBLIC_URL = "https://meet.example"
LINK_KEY = key_between("bookings", "invitee")
# So far ahead that every reminder is made, and that none is due during a test.
FIRST_START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)


def slot(number: int) -> datetime:
    """Return the start of a half hour; different numbers do not overlap."""
    return FIRST_START + number * timedelta(minutes=30)


def wire(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def booking_request(starts_at: datetime, **more: object) -> dict[str, Any]:
    """Return a body of POST /api/v1/bookings."""
    return {
        "eventTypeSlug": "intro",
        "startTime": wire(starts_at),
        "inviteeName": "Grace Hopper",
        "inviteeEmail": "grace@navy.example",
        "inviteeTimezone": "America/New_York",
        **more,
    }


@dataclass(frozen=True)
class Reply:
    """A status, the parsed body and the headers."""

    status: int
    body: Any
    headers: Any


@dataclass(frozen=True)
class Caller:
    """Calls bookings with one host's API key, as the gateway does."""

    service: Running
    host_id: UUID

    async def get(self, path: str, **query: str) -> Reply:
        return await self.send("GET", path, params=query)

    async def post(self, path: str, body: Any = None, key: str | None = None) -> Reply:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.send("POST", path, json=body, headers=headers)

    async def dashboard(self, method: str, path: str, key: str | None = None) -> Reply:
        """Call with the host's session."""
        headers = self.service.identity(CallerKind.SESSION, subject=self.host_id)
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self._send(method, f"/dashboard/api/bookings{path}", headers)

    async def public(
        self, method: str, path: str, body: Any, accept_language: str | None = None
    ) -> Reply:
        """Call as an invitee."""
        headers = self.service.identity(CallerKind.PUBLIC)
        if accept_language is not None:
            headers["Accept-Language"] = accept_language
        return await self._send(method, path, headers, json=body)

    async def _send(self, method: str, path: str, headers: Any, **more: Any) -> Reply:
        url = f"{self.service.url}{path}"
        async with self.service.session.request(method, url, headers=headers, **more) as response:
            return Reply(response.status, await response.json(), response.headers)

    async def send(self, method: str, path: str, **more: Any) -> Reply:
        identity = self.service.identity(CallerKind.API_KEY, subject=self.host_id)
        headers = {**identity, **more.pop("headers", {})}
        return await self._send(method, f"/api/v1/bookings{path}", headers, **more)

    async def book(self, starts_at: datetime, key: str | None = None, **more: object) -> Reply:
        return await self.post("", booking_request(starts_at, **more), key)

    async def booked(self, starts_at: datetime, **more: object) -> str:
        """Book and return the id."""
        reply = await self.book(starts_at, **more)
        assert reply.status == 201, reply
        return str(reply.body["bookingId"])
