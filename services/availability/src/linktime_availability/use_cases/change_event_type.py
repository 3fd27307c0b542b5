"""Change, archive or restore an event type."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import EventType, HostedEventType
from linktime_availability.store import event_types, former_slugs, hosted_event_types
from linktime_availability.use_cases.change_schedules import check_schedule
from linktime_availability.use_cases.derive_slug import with_slug
from linktime_common.idempotency import WriteAttempt


@dataclass(frozen=True, kw_only=True)
class ChangeEventType:
    """`change` returns the changed event type; id and host stay."""

    host_id: UUID
    event_type_id: UUID
    change: Callable[[EventType], EventType]


async def change_event_type(
    command: ChangeEventType, deps: Deps, attempt: WriteAttempt[HostedEventType]
) -> HostedEventType:
    """Change the event type; existing bookings keep their times, which reservations store.

    A replaced slug stays a name of the event type until another one has it.

    Raises EventTypeNotFound, ScheduleNotFound, SlugTaken.
    """
    async with deps.database.transaction() as connection:
        found = await event_types.lock(
            connection, host_id=command.host_id, event_type_id=command.event_type_id
        )
        if found is None:
            raise EventTypeNotFound
        changed_type = command.change(found)
        await check_schedule(connection, changed_type)
        named = await with_slug(connection, changed_type)
        changed = await hosted_event_types.with_host(connection, named)
        await attempt.keep(connection, changed)
        await event_types.update(connection, named)
        if named.slug != found.slug:
            await former_slugs.add(
                connection, host_id=found.host_id, slug=found.slug, event_type_id=found.id
            )
    return changed
