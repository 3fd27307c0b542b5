"""Keep what the directory says of a user."""

from linktime_availability.store import hosts, schedules
from linktime_common.contracts.events.scim import UserEvent, UserState
from linktime_common.postgres import Connection
from linktime_common.timezones import UnknownTimezone, zone


async def take_in_user_event(connection: Connection, event: UserEvent) -> None:
    """Every event carries the whole user, so the newest one is enough."""
    await take_in_user(connection, event.user, event.aggregate_version)


async def take_in_user(connection: Connection, user: UserState, version: int) -> bool:
    """A new user begins with office hours; False when something newer is known."""
    newer = await hosts.upsert(connection, user, version)
    await schedules.insert_default(connection, user.id, _zone_or_utc(user.timezone))
    return newer


def _zone_or_utc(name: str) -> str:
    try:
        zone(name)
    except UnknownTimezone:
        return "UTC"
    return name
