"""Organizations and their verified domains."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from linktime_common.contracts.internal_api.scim import (
    ListedOrganization,
    ListedOrganizations,
    NewOrganization,
    NewOwner,
    OrganizationView,
)
from linktime_common.contracts.wire import WireModel
from linktime_operator.clients import Clients
from linktime_operator.operations import users
from linktime_operator.operations.hosts import Document

PAGE = 500


class VerifiedDomain(WireModel):
    domain: str


async def create(clients: Clients, name: str, owner_email: str) -> OrganizationView:
    """Create an organization on its owner's plan."""
    owner_id = await users.find_id(clients, owner_email)
    body = NewOrganization(name=name, owner_id=owner_id)
    return await clients.call(
        "scim", "POST", "/internal/organizations", OrganizationView, body=body
    )


async def every(clients: Clients) -> AsyncIterator[list[ListedOrganization]]:
    """Yield all organizations in pages, by id."""
    query = {"limit": str(PAGE)}
    while True:
        page = await clients.call(
            "scim", "GET", "/internal/organizations", ListedOrganizations, query=query
        )
        yield page.data
        if page.next_after is None:
            return
        query["after"] = str(page.next_after)


async def members(clients: Clients, organization: UUID, *, page: int, limit: int) -> dict[str, Any]:
    """Return a page of the organization's members as its owner sees them, oldest first."""
    path = f"/internal/organizations/{organization}/members"
    query = {"page": str(page), "limit": str(limit)}
    return (await clients.call("scim", "GET", path, Document, query=query)).root


async def remove_member(clients: Clients, organization: UUID, email: str) -> UUID:
    """Remove the member; return the account's id."""
    user_id = await users.find_id(clients, email)
    path = f"/internal/organizations/{organization}/members/{user_id}"
    await clients.call("scim", "DELETE", path, Document)
    return user_id


async def set_owner(clients: Clients, organization: UUID, email: str) -> OrganizationView:
    """Make the member the owner of the organization; the former owner becomes an admin."""
    body = NewOwner(user_id=await users.find_id(clients, email))
    path = f"/internal/organizations/{organization}/owner"
    return await clients.call("scim", "PUT", path, OrganizationView, body=body)


async def find(clients: Clients, organization: UUID) -> OrganizationView:
    """Return the organization; raises Answered when it does not exist."""
    return await clients.call(
        "scim", "GET", f"/internal/organizations/{organization}", OrganizationView
    )


async def verify_domain(clients: Clients, organization: UUID, domain: str) -> OrganizationView:
    """Mark the e-mail domain as owned by the organization, without proof."""
    path = f"/internal/organizations/{organization}/domains"
    body = VerifiedDomain(domain=domain)
    return await clients.call("scim", "POST", path, OrganizationView, body=body)
