"""Publishing recent events again, for a broker that has lost its messages."""

from linktime_common.contracts.events import EVENTS
from linktime_common.contracts.internal_api.outbox import RepublishDays, RepublishedCount
from linktime_operator.clients import LONG_CALL_SECONDS, Clients

PUBLISHERS = tuple(sorted({event.publisher for event in EVENTS}))


async def republish(clients: Clients, service: str, days: int) -> int:
    """Let the service publish its events of so many days again; returns how many."""
    done = await clients.call(
        service,
        "POST",
        "/internal/outbox/republish",
        RepublishedCount,
        body=RepublishDays(days=days),
        seconds=LONG_CALL_SECONDS,
    )
    return done.count
