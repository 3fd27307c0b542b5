"""Apply the directory's state of a user."""

from uuid import UUID

from linktime_availability.store import host_deletion, hosts, schedules
from linktime_common.contracts.events.scim import UserDeleted, UserEvent, UserState
from linktime_common.postgres import Connection
from linktime_common.timezones import UnknownTimezone, zone
from linktime_common.user_deletion import is_deleted, request_deletion


async def apply_user_event(connection: Connection, event: UserEvent) -> None:
    """Apply an event; each carries the whole user, so the newest is enough."""
    await apply_user(connection, event.user, event.aggregate_version)


async def apply_user_deleted(connection: Connection, event: UserDeleted) -> None:
    """Take no more bookings; a job deletes the host's rows."""
    await close_host(connection, event.owner_id)


async def close_host(connection: Connection, host_id: UUID) -> None:
    """Take no more bookings of a host that the directory does not have."""
    await request_deletion(connection, host_id)
    await host_deletion.close(connection, host_id)


async def apply_user(connection: Connection, user: UserState, version: int) -> bool:
    """Store the user, a new one with office hours.

    False when that version or a newer is known, or the user is deleted.
    """
    if await is_deleted(connection, user.id):
        return False
    newer = await hosts.upsert(connection, user, version)
    await schedules.insert_default(connection, user.id, _zone_or_utc(user.timezone))
    return newer


def _zone_or_utc(name: str) -> str:
    try:
        zone(name)
    except UnknownTimezone:
        return "UTC"
    return name
