"""`linktime user …`"""

from uuid import UUID

import click
from pydantic import SecretStr

from linktime_common.contracts.events.scim import Plan
from linktime_operator.clients import Clients
from linktime_operator.commands.base import (
    Identifier,
    operation,
    password_from_stdin,
    plan_choice,
    reads,
    user_option,
)
from linktime_operator.commands.confirming import destructive
from linktime_operator.operations import user_deletion, users
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.output import as_row, show, show_list

SHOWN = ("id", "email", "name", "username", "plan")
LISTED = ("id", "email", "plan", "active")
SWITCHED = ("id", "email", "name", "active")


@click.group("user")
def group() -> None:
    """Accounts."""


@group.command("create")
@click.option("--email", required=True, help="The e-mail to sign in with.")
@click.option("--name", required=True, help="Shown to invitees.")
@click.option("--username", help="Derived from the name by default.")
@click.option("--plan", type=plan_choice, help="By default that of new accounts.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name.")
@click.option("--locale", help="The language of mails, such as de.")
@click.option(
    "--password-stdin", "password", is_flag=True, help="Read a password from standard input."
)
@reads("password", password_from_stdin)
@operation
async def create(
    clients: Clients,
    *,
    email: str,
    name: str,
    username: str | None,
    plan: str | None,
    timezone: str,
    locale: str | None,
    password: SecretStr | None,
    as_json: bool,
) -> None:
    """Create an account; returns when every service knows it."""
    account = SignUpRequest(
        email=email,
        name=name,
        username=username,
        plan=Plan(plan.upper()) if plan else None,
        timezone=timezone,
        locale=locale,
        password=password,
    )
    made = await users.create(clients, account)
    show(as_row(made), SHOWN, as_json=as_json)


@group.command("list")
@operation
async def list_all(clients: Clients, as_json: bool) -> None:
    """All accounts."""
    everyone = [as_row(entry.user) async for page in users.everyone(clients) for entry in page]
    show_list(everyone, LISTED, as_json=as_json)


@group.command("show")
@user_option
@operation
async def show_one(clients: Clients, email: str, as_json: bool) -> None:
    """Show an account."""
    show(as_row((await users.find(clients, email)).user), as_json=as_json)


@group.command("deactivate", short_help="Refuse an account's keys, sessions and new bookings.")
@user_option
@operation
async def deactivate(clients: Clients, email: str, as_json: bool) -> None:
    """Refuse an account's keys, sessions and new bookings, until it is activated.

    Existing bookings stay. The invitations that the account sent end. An identity provider cannot
    activate it.
    """
    changed = await users.switch(clients, email, active=False)
    show(as_row(changed.user), SWITCHED, as_json=as_json)


@group.command("activate")
@user_option
@operation
async def activate(clients: Clients, email: str, as_json: bool) -> None:
    """Activate an account that was deactivated.

    One that an organization's identity provider deactivated too is active when that provider
    activates it.
    """
    changed = await users.switch(clients, email, active=True)
    show(as_row(changed.user), SWITCHED, as_json=as_json)


@group.command("set-plan")
@user_option
@click.option("--plan", type=plan_choice, required=True)
@operation
async def set_plan(clients: Clients, email: str, plan: str, as_json: bool) -> None:
    """Change a user's own plan; returns when every service uses it."""
    changed = await users.set_plan(clients, email, Plan(plan.upper()))
    show(as_row(changed.user), (*SHOWN, "effectivePlan"), as_json=as_json)


@group.command("delete", short_help="Delete an account with all that belongs to it.")
@user_option
@click.option(
    "--cancel-bookings", is_flag=True, help="Cancel bookings that have not ended, with mails."
)
@destructive("Delete {email} with all bookings, contacts and webhooks?")
@operation
async def delete(clients: Clients, email: str, cancel_bookings: bool, as_json: bool) -> None:
    """Delete an account with all that belongs to it, in all services.

    It cannot be used from now on. The services delete its data in the background; the command waits
    for them up to 30 seconds and shows those that are not done.
    """
    show(
        await user_deletion.delete(clients, email, cancel_bookings=cancel_bookings),
        as_json=as_json,
    )


@group.command("deletion")
@click.option("--id", "user_id", type=Identifier(), required=True, help="The deleted user's id.")
@operation
async def show_deletion(clients: Clients, user_id: UUID, as_json: bool) -> None:
    """Show how far a deletion is."""
    show(await user_deletion.find(clients, user_id), as_json=as_json)
