"""Add, change or remove time off; existing bookings stay."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import TimeOffNotFound
from linktime_availability.domain.time_off import TimeOff
from linktime_availability.store import time_off as store
from linktime_availability.use_cases.find_host import find_host
from linktime_common.idempotency import WriteAttempt


@dataclass(frozen=True, kw_only=True)
class ChangeTimeOff:
    """`change` returns the changed time off; id and host stay."""

    host_id: UUID
    time_off_id: UUID
    change: Callable[[TimeOff], TimeOff]


async def add_time_off(time_off: TimeOff, deps: Deps, attempt: WriteAttempt[TimeOff]) -> TimeOff:
    """Raises HostNotFound, TooManyTimeOff."""
    await find_host(time_off.host_id, deps)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, time_off)
        await store.insert(connection, time_off)
    return time_off


async def change_time_off(
    command: ChangeTimeOff, deps: Deps, attempt: WriteAttempt[TimeOff]
) -> TimeOff:
    """Raises TimeOffNotFound, and what `change` raises."""
    async with deps.database.transaction() as connection:
        found = await store.lock(
            connection, host_id=command.host_id, time_off_id=command.time_off_id
        )
        if found is None:
            raise TimeOffNotFound
        changed = command.change(found)
        await attempt.keep(connection, changed)
        await store.update(connection, changed)
    return changed


async def remove_time_off(
    host_id: UUID, time_off_id: UUID, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Raises TimeOffNotFound."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        if not await store.delete(connection, host_id=host_id, time_off_id=time_off_id):
            raise TimeOffNotFound
