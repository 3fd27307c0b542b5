"""Create an event type."""

from linktime_availability.deps import Deps
from linktime_availability.domain.event_type import EventType, HostedEventType
from linktime_availability.store import event_types, hosted_event_types
from linktime_availability.use_cases.find_host import find_host
from linktime_common.idempotency import WriteAttempt


async def make_event_type(
    event_type: EventType, deps: Deps, attempt: WriteAttempt[HostedEventType]
) -> HostedEventType:
    """Raises HostNotFound, SlugTaken."""
    await find_host(event_type.host_id, deps)
    async with deps.database.transaction() as connection:
        made = await hosted_event_types.with_host(connection, event_type)
        await attempt.keep(connection, made)
        await event_types.insert(connection, event_type)
    return made
