"""Find a host's schedule."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.schedule import Schedule
from linktime_availability.store import schedules
from linktime_availability.use_cases.find_host import find_host


async def find_schedule(host_id: UUID, deps: Deps) -> Schedule:
    """Return the schedule, the default one for a new host; raises HostNotFound."""
    await find_host(host_id, deps)
    async with deps.database.connection() as connection:
        schedule = await schedules.find(connection, host_id)
    if schedule is None:
        raise HostNotFound
    return schedule
