"""Add, change or delete one of a host's schedules, and check the one that an event type names."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import (
    DefaultScheduleRequired,
    ScheduleInUse,
    ScheduleNotFound,
    TooManySchedules,
)
from linktime_availability.domain.event_type import EventType
from linktime_availability.domain.schedule import MOST_SCHEDULES, NamedSchedule
from linktime_availability.store import event_types, named_schedules, schedules
from linktime_availability.use_cases.find_host import find_host
from linktime_common.idempotency import WriteAttempt
from linktime_common.postgres import Connection


@dataclass(frozen=True, kw_only=True)
class ChangeSchedule:
    """`change` returns the changed schedule; the id stays."""

    host_id: UUID
    schedule_id: UUID
    change: Callable[[NamedSchedule], NamedSchedule]


async def add_schedule(
    host_id: UUID, added: NamedSchedule, deps: Deps, attempt: WriteAttempt[NamedSchedule]
) -> NamedSchedule:
    """Raises HostNotFound, TooManySchedules."""
    await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, added)
        await schedules.lock(connection, host_id)
        if await named_schedules.count(connection, host_id) >= MOST_SCHEDULES:
            raise TooManySchedules
        await _put(connection, host_id, added, becomes_default=added.is_default)
    return added


async def change_schedule(
    command: ChangeSchedule, deps: Deps, attempt: WriteAttempt[NamedSchedule]
) -> NamedSchedule:
    """Raises HostNotFound, ScheduleNotFound, and DefaultScheduleRequired if no schedule would be
    the default."""
    host_id = command.host_id
    await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        found = await _locked(connection, host_id, command.schedule_id)
        changed = command.change(found)
        if found.is_default and not changed.is_default:
            raise DefaultScheduleRequired
        await attempt.keep(connection, changed)
        becomes_default = changed.is_default and not found.is_default
        await _put(connection, host_id, changed, becomes_default=becomes_default)
    return changed


async def delete_schedule(
    host_id: UUID, schedule_id: UUID, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Raises ScheduleNotFound; DefaultScheduleRequired for the default one; ScheduleInUse."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        if (await _locked(connection, host_id, schedule_id)).is_default:
            raise DefaultScheduleRequired
        users = await event_types.names_of_schedule(
            connection, host_id=host_id, schedule_id=schedule_id
        )
        if users:
            raise ScheduleInUse(users)
        await named_schedules.delete_other(connection, host_id, schedule_id)


async def check_schedule(connection: Connection, event_type: EventType) -> None:
    """Raises ScheduleNotFound if the host does not have the schedule that the event type names.

    It cannot be deleted until the transaction ends.
    """
    if event_type.schedule_id is not None:
        await _locked(connection, event_type.host_id, event_type.schedule_id)


async def _put(
    connection: Connection, host_id: UUID, named: NamedSchedule, *, becomes_default: bool
) -> None:
    if becomes_default:
        before = await named_schedules.find_default(connection, host_id)
        await named_schedules.make_default(connection, host_id, before=before, named=named)
    else:
        await named_schedules.put(connection, host_id, named)


async def _locked(connection: Connection, host_id: UUID, schedule_id: UUID) -> NamedSchedule:
    """Return one of the host's schedules; other writers of any of them wait."""
    await schedules.lock(connection, host_id)
    found = await named_schedules.find(connection, host_id, schedule_id)
    if found is None:
        raise ScheduleNotFound
    return found
