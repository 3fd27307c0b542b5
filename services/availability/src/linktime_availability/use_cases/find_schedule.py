"""A host's working hours, which everybody has from the first moment on."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.schedule import Schedule
from linktime_availability.store import schedules
from linktime_availability.use_cases.find_host import find_host


async def find_schedule(host_id: UUID, deps: Deps) -> Schedule:
    """Raises HostNotFound."""
    await find_host(host_id, deps)
    async with deps.database.connection() as connection:
        schedule = await schedules.find(connection, host_id)
    if schedule is None:
        raise HostNotFound
    return schedule
