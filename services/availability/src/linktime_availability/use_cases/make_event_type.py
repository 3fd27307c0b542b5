"""Create an event type."""

from linktime_availability.deps import Deps
from linktime_availability.domain.event_type import EventType, HostedEventType
from linktime_availability.store import event_types, hosted_event_types
from linktime_availability.use_cases.change_schedules import check_schedule
from linktime_availability.use_cases.derive_slug import with_slug
from linktime_availability.use_cases.find_host import find_host
from linktime_common.idempotency import WriteAttempt


async def make_event_type(
    event_type: EventType, deps: Deps, attempt: WriteAttempt[HostedEventType]
) -> HostedEventType:
    """Create the event type, with a slug derived from its name if it has none.

    Raises HostNotFound, ScheduleNotFound, SlugTaken.
    """
    await find_host(event_type.host_id, deps)
    async with deps.database.transaction() as connection:
        await check_schedule(connection, event_type)
        named = await with_slug(connection, event_type)
        made = await hosted_event_types.with_host(connection, named)
        await attempt.keep(connection, made)
        await event_types.insert(connection, named)
    return made
