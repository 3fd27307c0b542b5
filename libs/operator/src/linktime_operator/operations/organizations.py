"""Organizations and their verified domains."""

from uuid import UUID

from linktime_common.contracts.internal_api.scim import NewOrganization, OrganizationView
from linktime_common.contracts.wire import WireModel
from linktime_operator.clients import Clients
from linktime_operator.operations import users


class VerifiedDomain(WireModel):
    domain: str


async def create(clients: Clients, name: str, owner_email: str) -> OrganizationView:
    """Create an organization on its owner's plan."""
    owner_id = await users.find_id(clients, owner_email)
    body = NewOrganization(name=name, owner_id=owner_id)
    return await clients.call(
        "scim", "POST", "/internal/organizations", OrganizationView, body=body
    )


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
