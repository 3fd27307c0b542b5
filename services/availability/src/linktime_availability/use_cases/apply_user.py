"""Apply the directory's state of a user."""

from linktime_availability.store import hosts, schedules
from linktime_common.contracts.events.scim import UserEvent, UserState
from linktime_common.postgres import Connection
from linktime_common.timezones import UnknownTimezone, zone


async def apply_user_event(connection: Connection, event: UserEvent) -> None:
    """Apply an event; each carries the whole user, so the newest is enough."""
    await apply_user(connection, event.user, event.aggregate_version)


async def apply_user(connection: Connection, user: UserState, version: int) -> bool:
    """Store the user, a new one with office hours; False when that version or a newer is known."""
    newer = await hosts.upsert(connection, user, version)
    await schedules.insert_default(connection, user.id, _zone_or_utc(user.timezone))
    return newer


def _zone_or_utc(name: str) -> str:
    try:
        zone(name)
    except UnknownTimezone:
        return "UTC"
    return name
