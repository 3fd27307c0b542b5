"""The actual state of a host: from the API, or from the databases where it is not visible."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import aiohttp
from tests.hosts import Answer, Host, rows
from tests.receiver import Receiver

from linktime_common.contracts.wire import format_instant
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

LIVE = """
    SELECT status, starts_at FROM reservations
     WHERE host_id = $1 AND status <> 'freed' ORDER BY starts_at
"""
EVENTS = """
    SELECT routing_key, published_at IS NOT NULL FROM outbox
     WHERE position($1 IN convert_from(envelope, 'UTF8')) > 0 ORDER BY seq
"""
TIMES = "SELECT starts_at FROM bookings WHERE host_id = $1 AND status = 'CONFIRMED' ORDER BY 1"

INVITEE = {"inviteeName": "Zoë Invitee", "inviteeTimezone": "Europe/Berlin"}


def new_email() -> str:
    return f"zoe-{uuid4().hex[:8]}@example.com"


@dataclass
class Write:
    """A write to repeat until it succeeds; safe only with an Idempotency-Key."""

    host: Host
    path: str
    body: dict[str, Any]
    key: str | None

    async def send(self) -> Answer | None:
        """Send it once; None when the connection failed."""
        headers = {} if self.key is None else {"Idempotency-Key": self.key}
        try:
            return await self.host.call("POST", self.path, self.body, headers=headers, seconds=6)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    async def until_answered(self, *, within: float = 20) -> Answer:
        """Return the first response that is not 503; it must be a success."""

        async def answered() -> Answer | None:
            answer = await self.send()
            return None if answer is None or answer.status == 503 else answer

        return await eventually(answered, within=within, every=0.1, what=f"answer to {self.path}")


def booking(host: Host, start: str, *, email: str | None = None) -> Write:
    body = {
        "eventTypeSlug": host.event_type,
        "startTime": start,
        "inviteeEmail": email or new_email(),
        **INVITEE,
    }
    return Write(host, "/api/v1/bookings", body, uuid4().hex)


async def live(host: Host) -> list[tuple[str, str]]:
    """Return status and start of every reservation that is not freed."""
    found = await rows(host.stack, "availability", LIVE, host.id)
    return [(status, instant(start)) for status, start in found]


async def booked_times(host: Host) -> list[str]:
    """Return the starts of the confirmed bookings."""
    return [instant(start) for (start,) in await rows(host.stack, "bookings", TIMES, host.id)]


async def events(host: Host) -> Counter[str]:
    """Count the events by type that bookings has written for the host, published or not."""
    found = await rows(host.stack, "bookings", EVENTS, str(host.id))
    return Counter(key.removesuffix(".v1") for key, _published in found)


async def settled(host: Host) -> None:
    """Return when the host has no hold and no unpublished event."""

    async def quiet() -> bool:
        held = [status for status, _start in await live(host) if status == "held"]
        written = await rows(host.stack, "bookings", EVENTS, str(host.id))
        return not held and all(published for _key, published in written)

    await eventually(quiet, within=15, every=0.1, what="no hold and no unpublished event")


async def contact_of(host: Host, email: str) -> dict[str, Any] | None:
    found = await host.call("GET", f"/api/v1/contacts?search={email}")
    data: list[dict[str, Any]] = found.body["data"]
    assert len(data) <= 1, data
    return data[0] if data else None


async def meetings_are(host: Host, email: str, count: int) -> None:
    """Return when the invitee's contact has exactly that many meetings."""

    async def counted() -> bool:
        contact = await contact_of(host, email)
        return contact is not None and contact["meetingCount"] == count

    await eventually(counted, what=f"{count} meetings of {email}")


def sent_once(receiver: Receiver) -> None:
    """Check that every message arrived once, with a unique id."""
    arrived = Counter(headers["webhook-id"] for headers, _body in receiver.deliveries)
    assert set(arrived.values()) <= {1}, arrived


async def written(stack: Stack) -> dict[str, int]:
    """Return how many events every service has written."""
    services = ("availability", "bookings", "contacts", "scim", "webhooks")
    count = "SELECT count(*) FROM outbox"
    return {service: (await rows(stack, service, count))[0][0] for service in services}


def instant(moment: datetime) -> str:
    return format_instant(moment)
