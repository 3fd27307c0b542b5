"""Contacts of hosts."""

from typing import Any
from uuid import UUID

from linktime_operator.clients import Clients
from linktime_operator.operations import hosts

BOOKINGS = "bookings"
CONTACTS = "contacts"


async def list_of(
    clients: Clients, email: str, *, search: str | None, page: int, limit: int
) -> dict[str, Any]:
    """Return a page of the host's contacts, newest first."""
    query = {"search": search, "page": page, "limit": limit}
    return await hosts.call(clients, email, CONTACTS, "GET", "/contacts", query=query)


async def find(clients: Clients, email: str, contact_id: UUID) -> dict[str, Any]:
    """Return a contact with its meetings."""
    return await hosts.call(clients, email, CONTACTS, "GET", f"/contacts/{contact_id}")


async def delete(clients: Clients, email: str, contact_id: UUID) -> None:
    """Delete a contact for good."""
    await hosts.call(clients, email, CONTACTS, "DELETE", f"/contacts/{contact_id}")


async def erase(clients: Clients, email: str, contact_id: UUID) -> dict[str, Any]:
    """Begin to erase a contact from all services; return the erasure."""
    return await hosts.call(clients, email, CONTACTS, "POST", f"/contacts/{contact_id}/erase")


async def find_erasure(clients: Clients, email: str, erasure_id: UUID) -> dict[str, Any]:
    """Return an erasure."""
    return await hosts.call(clients, email, CONTACTS, "GET", f"/erasures/{erasure_id}")


async def personal_data(clients: Clients, email: str, contact_id: UUID) -> dict[str, Any]:
    """Return what is stored of the contact's person."""
    path = f"/contacts/{contact_id}/personal-data"
    return await hosts.call(clients, email, BOOKINGS, "GET", path)
