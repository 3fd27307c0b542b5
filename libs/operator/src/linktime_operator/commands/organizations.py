"""`linktime org …`"""

from uuid import UUID

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import (
    EmailParameter,
    Identifier,
    operation,
    user_option,
)
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.paging import limit_option, page_option
from linktime_operator.operations import organizations
from linktime_operator.output import as_row, show, show_list, show_page

COLUMNS = ("id", "name", "ownerEmail", "plan")
MEMBERS = ("email", "name", "username", "role", "active")


@click.group("org")
def group() -> None:
    """Organizations."""


@group.command("create")
@click.option("--name", required=True, help="The organization's name.")
@click.option(
    "--owner", type=EmailParameter(), required=True, metavar="EMAIL", help="The owner's e-mail."
)
@operation
async def create(clients: Clients, name: str, owner: str, as_json: bool) -> None:
    """Create an organization; its plan is that of its owner."""
    made = await organizations.create(clients, name, owner)
    show(as_row(made), ("id", "name"), as_json=as_json)


@group.command("list")
@operation
async def list_all(clients: Clients, as_json: bool) -> None:
    """All organizations."""
    found = [as_row(one) async for page in organizations.every(clients) for one in page]
    show_list(found, COLUMNS, as_json=as_json)


@group.command("members")
@click.option("--org", "organization", type=Identifier(), required=True)
@page_option
@limit_option
@operation
async def members(
    clients: Clients, *, organization: UUID, page: int, limit: int, as_json: bool
) -> None:
    """The members of an organization, oldest first."""
    found = await organizations.members(clients, organization, page=page, limit=limit)
    show_page(found, MEMBERS, as_json=as_json)


@group.command("remove-member")
@click.option("--org", "organization", type=Identifier(), required=True)
@user_option
@destructive("Remove {email} from the organization {organization}?")
@operation
async def remove_member(clients: Clients, organization: UUID, email: str, as_json: bool) -> None:
    """Remove a member; the account stays.

    The owner stays, and so do accounts that the organization's identity provider manages.
    """
    user_id = await organizations.remove_member(clients, organization, email)
    show({"id": str(user_id), "organization": str(organization), "removed": True}, as_json=as_json)


@group.command("set-owner")
@click.option("--org", "organization", type=Identifier(), required=True)
@user_option
@operation
async def set_owner(clients: Clients, organization: UUID, email: str, as_json: bool) -> None:
    """Make an active member the owner.

    The organization gets the plan of the new owner. The former one becomes an admin.
    """
    changed = await organizations.set_owner(clients, organization, email)
    show(as_row(changed), ("id", "name", "ownerId", "plan"), as_json=as_json)


@group.command("verify-domain")
@click.option("--org", "organization", type=Identifier(), required=True)
@click.option("--domain", required=True)
@operation
async def verify_domain(clients: Clients, organization: UUID, domain: str, as_json: bool) -> None:
    """Confirm that the organization owns an e-mail domain."""
    changed = await organizations.verify_domain(clients, organization, domain)
    show(as_row(changed), ("id", "name", "verifiedDomains"), as_json=as_json)
