"""A host offers something new."""

from linktime_availability.deps import Deps
from linktime_availability.domain.event_type import EventType
from linktime_availability.store import event_types
from linktime_availability.use_cases.find_host import find_host


async def make_event_type(event_type: EventType, deps: Deps) -> None:
    """Raises HostNotFound, SlugTaken."""
    await find_host(event_type.host_id, deps)
    async with deps.database.connection() as connection:
        await event_types.insert(connection, event_type)
