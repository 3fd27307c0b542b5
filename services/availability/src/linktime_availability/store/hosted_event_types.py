"""Event types with their host and schedule."""

from uuid import UUID

from linktime_availability.domain.event_type import EventType, HostedEventType
from linktime_availability.store import event_types, hosts, named_schedules, schedules
from linktime_common.postgres import Connection


async def find(
    connection: Connection, *, host_id: UUID, event_type_id: UUID
) -> HostedEventType | None:
    """Return the host's event type, archived or not, or None."""
    event_type = await event_types.find(connection, host_id=host_id, event_type_id=event_type_id)
    return await with_host(connection, event_type) if event_type else None


async def with_host(connection: Connection, event_type: EventType) -> HostedEventType:
    """Return `event_type`, stored or not, with its stored host and the schedule it uses."""
    host = await hosts.find(connection, event_type.host_id)
    schedule = await schedules.find(connection, event_type.host_id)
    if event_type.schedule_id is not None:
        named = await named_schedules.find(connection, event_type.host_id, event_type.schedule_id)
        schedule = named.schedule if named else schedule
    # An event type refers to its host by a foreign key, and every stored host has a schedule.
    assert host is not None and schedule is not None  # noqa: S101, PT018
    return HostedEventType(event_type, host, schedule)
