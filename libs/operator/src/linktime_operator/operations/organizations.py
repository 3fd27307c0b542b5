"""Organizations and the domains they have proven to own."""

from uuid import UUID

from linktime_common.contracts.internal_api.scim import NewOrganization, OrganizationView
from linktime_common.contracts.wire import WireModel
from linktime_operator.clients import Clients
from linktime_operator.operations import users


class VerifiedDomain(WireModel):
    domain: str


async def create(clients: Clients, name: str, owner_email: str) -> OrganizationView:
    """A new organization, on its owner's plan."""
    owner_id = await users.find_id(clients, owner_email)
    body = NewOrganization(name=name, owner_id=owner_id)
    return await clients.call(
        "scim", "POST", "/internal/organizations", OrganizationView, body=body
    )


async def find(clients: Clients, organization: UUID) -> OrganizationView:
    """Raises Answered when there is none of that id."""
    return await clients.call(
        "scim", "GET", f"/internal/organizations/{organization}", OrganizationView
    )


async def verify_domain(clients: Clients, organization: UUID, domain: str) -> OrganizationView:
    """Take the operator's word that the organization owns the e-mail domain."""
    path = f"/internal/organizations/{organization}/domains"
    body = VerifiedDomain(domain=domain)
    return await clients.call("scim", "POST", path, OrganizationView, body=body)
