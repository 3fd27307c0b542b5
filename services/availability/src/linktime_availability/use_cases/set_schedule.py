"""A host changes their working hours."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.schedule import Schedule
from linktime_availability.store import schedules
from linktime_availability.use_cases.find_host import find_host


async def set_schedule(host_id: UUID, schedule: Schedule, deps: Deps) -> None:
    """Replace weekly windows and overrides; raises HostNotFound."""
    await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        await schedules.replace(connection, host_id, schedule)
