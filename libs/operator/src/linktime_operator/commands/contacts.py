"""`linktime contact …`"""

from uuid import UUID

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, operation, user_option
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.paging import limit_option, page_option
from linktime_operator.operations import contacts
from linktime_operator.output import show, show_page

COLUMNS = ("id", "name", "email")
DETAIL = (
    *("id", "name", "email", "otherEmails", "phone", "otherPhones", "company", "notes"),
    *("meetingCount", "lastMeetingAt", "createdAt", "updatedAt"),
)

id_option = click.option(
    "--id", "contact_id", type=Identifier(), required=True, help="The contact's id."
)


@click.group("contact")
def group() -> None:
    """Contacts of hosts."""


@group.command("list")
@user_option
@click.option("--search", help="A part of name, e-mail, phone or company.")
@page_option
@limit_option
@operation
async def list_all(
    clients: Clients, *, email: str, search: str | None, page: int, limit: int, as_json: bool
) -> None:
    """A host's contacts, newest first."""
    found = await contacts.list_of(clients, email, search=search, page=page, limit=limit)
    show_page(found, COLUMNS, as_json=as_json)


@group.command("show")
@user_option
@id_option
@operation
async def show_one(clients: Clients, email: str, contact_id: UUID, as_json: bool) -> None:
    """Show a contact; with --json also its meetings."""
    show(await contacts.find(clients, email, contact_id), DETAIL, as_json=as_json)


@group.command("delete")
@user_option
@id_option
@destructive("Delete the contact {contact_id} of {email}?")
@operation
async def delete(clients: Clients, email: str, contact_id: UUID, as_json: bool) -> None:
    """Delete a contact; its bookings, messages and calls are kept."""
    await contacts.delete(clients, email, contact_id)
    show({"id": str(contact_id), "deleted": True}, as_json=as_json)
