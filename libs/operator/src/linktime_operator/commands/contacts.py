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

ERASURE = ("id", "contactId", "state", "waitingFor", "requestedAt", "finishedAt")

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


@group.command("erase")
@user_option
@id_option
@destructive("Erase the person of the contact {contact_id} of {email} everywhere?")
@operation
async def erase(clients: Clients, email: str, contact_id: UUID, as_json: bool) -> None:
    """Erase a contact with all personal data, in all services."""
    show(await contacts.erase(clients, email, contact_id), ERASURE, as_json=as_json)


@group.command("erasure")
@user_option
@click.option("--id", "erasure_id", type=Identifier(), required=True, help="The erasure's id.")
@operation
async def show_erasure(clients: Clients, email: str, erasure_id: UUID, as_json: bool) -> None:
    """Show how far an erasure is."""
    show(await contacts.find_erasure(clients, email, erasure_id), ERASURE, as_json=as_json)


@group.command("export")
@user_option
@id_option
@operation
async def export(clients: Clients, email: str, contact_id: UUID, as_json: bool) -> None:
    """Show what is stored of a person; --json prints all of it."""
    found = await contacts.personal_data(clients, email, contact_id)
    others = {name: found[name] for name in ("otherEmails", "otherPhones")}
    show(found if as_json else found["contact"] | others, DETAIL, as_json=as_json)
