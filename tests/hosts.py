"""A host and the calls of its API client."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg

from linktime_operator.operations import credentials, scheduling, users, webhooks
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.stack import Stack

DECIDED_SECONDS = 120
UNAVAILABLE = 503
OPEN_ALL_DAY: dict[str, Any] = {
    "timezone": "UTC",
    "weekly": {
        day: [["00:00", "24:00"]]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    },
    "overrides": {},
}


def date_ahead() -> date:
    """Return a date more than two days ahead: reminders of its bookings are not due for a day."""
    return (datetime.now(UTC) + timedelta(days=3)).date()


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Host:
    """An account with its key; `event_type` is a 30-minute one without notice.

    `first_date` is the first date of `slots`, the same also when the day changes during a test.
    """

    stack: Stack
    http: aiohttp.ClientSession
    id: UUID
    email: str
    username: str
    key: str
    event_type: str
    first_date: date = field(default_factory=date_ahead)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        seconds: float = 30,
    ) -> Answer:
        """Send a request through the gateway with the host's key."""
        async with self.http.request(
            method,
            self.stack.file.gateway + path,
            json=body,
            headers={"Authorization": f"Bearer {self.key}", **(headers or {})},
            timeout=aiohttp.ClientTimeout(total=seconds),
        ) as response:
            answer = await response.json(content_type=None)
            return Answer(response.status, answer, dict(response.headers))

    async def book(
        self, start: str, *, slug: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """POST /api/v1/bookings for an arbitrary invitee."""
        body = self._booking(start, slug)
        return await self.call("POST", "/api/v1/bookings", body, headers=headers)

    async def book_until_decided(self, start: str, *, slug: str | None = None) -> Answer:
        """Book as `book` does, with `call_until_decided`."""
        return await self.call_until_decided("POST", "/api/v1/bookings", self._booking(start, slug))

    async def call_until_decided(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> Answer:
        """Send a write, and repeat it after each 503 with the same Idempotency-Key.

        A burst on a busy machine may take longer than the services' deadlines.
        """
        headers = {"Idempotency-Key": key or uuid4().hex}
        async with asyncio.timeout(DECIDED_SECONDS):
            while True:
                answer = await self.call(method, path, body, headers=headers)
                if answer.status != UNAVAILABLE:
                    return answer
                await asyncio.sleep(float(answer.headers["Retry-After"]))

    def _booking(self, start: str, slug: str | None) -> dict[str, str]:
        return {
            "eventTypeSlug": slug or self.event_type,
            "startTime": start,
            "inviteeName": "Zoë Invitee",
            "inviteeEmail": f"zoe-{uuid4().hex[:8]}@example.com",
            "inviteeTimezone": "Europe/Berlin",
        }

    async def slots(self, *, slug: str | None = None, days: int = 3) -> list[str]:
        """Return the start times of free slots of `first_date` and as many days after it."""
        last = self.first_date + timedelta(days=days)
        query = f"timezone=UTC&startDate={self.first_date}&endDate={last}"
        answer = await self.call("GET", f"/api/v1/availability/{slug or self.event_type}?{query}")
        assert answer.status == 200, answer
        return [slot["startTime"] for slot in answer.body["data"]]

    async def add_event_type(self, **fields: Any) -> str:
        """Add an event type; returns its slug."""
        document = {
            "name": f"Meeting {uuid4().hex[:8]}",
            "durationMinutes": 30,
            "minimumNoticeMinutes": 0,
            **fields,
        }
        made = await scheduling.make_event_type(self.stack.clients, self.email, document)
        return made.slug

    async def subscribe(self, url: str, *events: str) -> str:
        """Create a webhook endpoint; returns its secret."""
        made = await webhooks.create(self.stack.clients, self.email, url, list(events))
        return made.secret


async def make_host(stack: Stack, http: aiohttp.ClientSession) -> Host:
    """Create an account through the operator's operations."""
    email = f"host-{uuid4().hex[:12]}@example.com"
    account = await users.create(stack.clients, SignUpRequest(email=email, name="Ann Host"))
    key = await credentials.make_api_key(stack.clients, email)
    host = Host(stack, http, account.id, email, account.username, key.key, "")
    await scheduling.set_schedule(stack.clients, email, OPEN_ALL_DAY)
    host.event_type = await host.add_event_type()
    return host


async def rows(stack: Stack, service: str, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Query a service's database, for checks that the API does not allow."""
    databases = stack.file.postgres.databases
    connection = await asyncpg.connect(databases[service].dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query, *arguments)]
    finally:
        await connection.close()
