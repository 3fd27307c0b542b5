"""Event types, schedules and time off of hosts."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from linktime_common.contracts.internal_api.availability import MadeEventType
from linktime_operator.clients import Clients
from linktime_operator.operations import hosts, users
from linktime_operator.operations.hosts import Document

AVAILABILITY = "availability"
MOST_PAGE = 100


async def make_event_type(clients: Clients, email: str, document: dict[str, Any]) -> MadeEventType:
    """Create an event type of the host, from the JSON of an event type's detail."""
    host_id = await users.find_id(clients, email)
    path = f"/internal/hosts/{host_id}/event-types"
    return await clients.call(AVAILABILITY, "POST", path, MadeEventType, body=Document(document))


async def list_event_types(
    clients: Clients, email: str, *, page: int, limit: int
) -> dict[str, Any]:
    """Return a page of the host's event types, archived ones too."""
    query = {"page": page, "limit": limit}
    return await hosts.call(clients, email, AVAILABILITY, "GET", "/event-types", query=query)


async def find_event_type(clients: Clients, email: str, event_type_id: UUID) -> dict[str, Any]:
    """Return an event type with all its rules and the schedule."""
    path = f"/event-types/{event_type_id}"
    return await hosts.call(clients, email, AVAILABILITY, "GET", path)


async def change_event_type(
    clients: Clients, email: str, event_type_id: UUID, changes: dict[str, Any]
) -> dict[str, Any]:
    """Change the given fields of an event type; return all of it."""
    path = f"/event-types/{event_type_id}"
    return await hosts.call(clients, email, AVAILABILITY, "PATCH", path, body=changes)


async def list_schedules(clients: Clients, email: str) -> dict[str, Any]:
    """Return the host's schedules, the default one first; there are fewer than a page's most."""
    query = {"limit": MOST_PAGE}
    return await hosts.call(clients, email, AVAILABILITY, "GET", "/schedules", query=query)


async def find_schedule(
    clients: Clients, email: str, schedule_id: UUID | None = None
) -> dict[str, Any]:
    """Return time zone, weekly hours and overrides of a schedule, by default the default one."""
    path = "/schedule" if schedule_id is None else f"/schedules/{schedule_id}"
    return await hosts.call(clients, email, AVAILABILITY, "GET", path)


async def set_schedule(
    clients: Clients, email: str, document: dict[str, Any], schedule_id: UUID | None = None
) -> dict[str, Any]:
    """Replace the hours of the default schedule, or change the given fields of another one."""
    if schedule_id is None:
        return await hosts.call(clients, email, AVAILABILITY, "PUT", "/schedule", body=document)
    path = f"/schedules/{schedule_id}"
    return await hosts.call(clients, email, AVAILABILITY, "PATCH", path, body=document)


async def add_schedule(clients: Clients, email: str, document: dict[str, Any]) -> dict[str, Any]:
    """Add a schedule to those of the host; return it."""
    return await hosts.call(clients, email, AVAILABILITY, "POST", "/schedules", body=document)


async def delete_schedule(clients: Clients, email: str, schedule_id: UUID) -> None:
    """Delete a schedule that no event type uses, and that is not the default one."""
    await hosts.call(clients, email, AVAILABILITY, "DELETE", f"/schedules/{schedule_id}")


async def find_holidays(clients: Clients, email: str) -> dict[str, Any]:
    """Return the host's settings of public holidays, with the days of two years."""
    return await hosts.call(clients, email, AVAILABILITY, "GET", "/holidays")


async def set_holidays(clients: Clients, email: str, body: dict[str, Any]) -> dict[str, Any]:
    """Replace the host's settings of public holidays."""
    return await hosts.call(clients, email, AVAILABILITY, "PUT", "/holidays", body=body)


async def list_time_off(clients: Clients, email: str, *, page: int, limit: int) -> dict[str, Any]:
    """Return a page of the host's time off, earliest first."""
    query = {"page": page, "limit": limit}
    return await hosts.call(clients, email, AVAILABILITY, "GET", "/time-off", query=query)


async def add_time_off(
    clients: Clients, email: str, *, since: str, until: str, name: str
) -> dict[str, Any]:
    """Add time off between two dates or two instants, which availability reads."""
    body = {"from": since, "to": until, "name": name}
    return await hosts.call(clients, email, AVAILABILITY, "POST", "/time-off", body=body)


async def remove_time_off(clients: Clients, email: str, time_off_id: UUID) -> None:
    """Remove time off."""
    await hosts.call(clients, email, AVAILABILITY, "DELETE", f"/time-off/{time_off_id}")


async def explain(clients: Clients, email: str, slug: str, query: dict[str, str]) -> dict[str, Any]:
    """Return why the starts of a date, or one instant, can or cannot be booked."""
    path = f"/availability/{quote(slug, safe='')}/explain"
    return await hosts.call(clients, email, AVAILABILITY, "GET", path, query=query)
