"""Sends one event with the client under test."""

from uuid import UUID

from linktime_webhooks.clients.subscriber import AttemptOutcome, Subscribers, Target
from linktime_webhooks.domain.signing import message_id

EVENT = UUID("01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24")
SECRET = b"s" * 32
BODY = b'{"type":"booking.created","timestamp":"2026-03-01T14:00:00.000Z","data":{}}'


OWNER = UUID("01975f3e-0000-7000-8000-000000000001")


async def post(
    subscribers: Subscribers,
    url: str,
    *,
    body: bytes = BODY,
    owner_id: UUID = OWNER,
    **headers: str,
) -> AttemptOutcome:
    """Make one attempt, signed with SECRET."""
    target = Target(owner_id, url, [SECRET], headers)
    return await subscribers.post(
        target, message_id=message_id(EVENT), timestamp=1_772_373_600, body=body
    )
