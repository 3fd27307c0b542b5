"""Replace a host's schedule, or set or remove the override of one date."""

from datetime import date
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import OverrideNotFound
from linktime_availability.domain.schedule import Schedule, Windows
from linktime_availability.store import schedules
from linktime_availability.use_cases.find_host import find_host
from linktime_common.idempotency import WriteAttempt


async def set_schedule(
    host_id: UUID, schedule: Schedule, deps: Deps, attempt: WriteAttempt[Schedule]
) -> Schedule:
    """Replace weekly windows and overrides. Raises HostNotFound."""
    await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, schedule)
        await schedules.replace(connection, host_id, schedule)
    return schedule


async def set_override(
    host_id: UUID, day: date, windows: Windows, deps: Deps, attempt: WriteAttempt[Windows]
) -> Windows:
    """Set the hours of one date. Raises HostNotFound, TooManyOverrides."""
    await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, windows)
        await schedules.put_override(connection, host_id, day, windows)
    return windows


async def remove_override(
    host_id: UUID, day: date, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Remove the override of one date. Raises OverrideNotFound."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        if not await schedules.delete_override(connection, host_id, day):
            raise OverrideNotFound
