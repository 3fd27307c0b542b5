"""An event type together with the rows that describe it: its host's and the host's hours."""

from uuid import UUID

from linktime_availability.domain.event_type import EventType, HostedEventType
from linktime_availability.store import event_types, hosts, schedules
from linktime_common.postgres import Connection


async def find(
    connection: Connection, *, host_id: UUID, event_type_id: UUID
) -> HostedEventType | None:
    """Also one that is archived."""
    event_type = await event_types.find(connection, host_id=host_id, event_type_id=event_type_id)
    return await around(connection, event_type) if event_type else None


async def around(connection: Connection, event_type: EventType) -> HostedEventType:
    """`event_type`, whether or not it is stored yet, with what is stored of its host."""
    host = await hosts.find(connection, event_type.host_id)
    schedule = await schedules.find(connection, event_type.host_id)
    # The rows of event types refer to the host's, and no host is kept without hours.
    assert host is not None and schedule is not None  # noqa: S101, PT018
    return HostedEventType(event_type, host, schedule)
