"""`linktime calendar …`"""

from uuid import UUID

import click
from pydantic import SecretStr

from linktime_operator.clients import Clients
from linktime_operator.commands.base import (
    Identifier,
    checked,
    operation,
    password_from_stdin,
    reads,
    url_from_stdin,
    user_option,
)
from linktime_operator.commands.confirming import destructive
from linktime_operator.operations import calendars
from linktime_operator.output import as_row, show, show_list

ACCOUNT = ("id", "preset", "server", "state", "lastError")
CALENDARS = ("accountId", "name", "freshness", "pendingWrites", "lastError")

id_option = click.option(
    "--id", "account_id", type=Identifier(), required=True, help="The account's id."
)


@click.group("calendar")
def group() -> None:
    """Calendars of hosts."""


def _check_source(*, url: str | None, url_stdin: bool, password: bool, **_: object) -> None:
    if url_stdin and (url is not None or password):
        raise click.UsageError("Combine --url-stdin neither with --url nor with --password-stdin.")


@group.command("connect")
@user_option
@click.option("--preset", default="caldav", show_default=True, help="Such as nextcloud or ics.")
@click.option("--url", help="Where the server or the feed is, unless the preset knows it.")
@click.option(
    "--url-stdin", is_flag=True, help="Read the URL from standard input: that of a feed is secret."
)
@click.option("--name", "user_name", help="The user name at the calendar server.")
@click.option(
    "--password-stdin", "password", is_flag=True, help="Read the password from standard input."
)
@checked(_check_source)
@reads("password", password_from_stdin)
@reads("url_stdin", url_from_stdin)
@operation
async def connect(
    clients: Clients,
    *,
    email: str,
    preset: str,
    url: str | None,
    url_stdin: str | None,
    user_name: str | None,
    password: SecretStr | None,
    as_json: bool,
) -> None:
    """Connect an account; its server is asked at once."""
    secret = password.get_secret_value() if password else None
    url = url if url_stdin is None else url_stdin
    given = {"preset": preset, "url": url, "user": user_name, "password": secret}
    given = {name: value for name, value in given.items() if value is not None}
    show(await calendars.connect(clients, email, given), ACCOUNT, as_json=as_json)


@group.command("list")
@user_option
@operation
async def list_all(clients: Clients, email: str, as_json: bool) -> None:
    """A host's calendars; --json shows its accounts too."""
    accounts = await calendars.list_of(clients, email)
    found = [calendar for account in accounts for calendar in account["calendars"]]
    rows = accounts if as_json else found
    show_list(rows, CALENDARS, as_json=as_json, last_is_whole=True)


@group.command("sync")
@user_option
@id_option
@operation
async def sync(clients: Clients, email: str, account_id: UUID, as_json: bool) -> None:
    """Test an account, and read its calendars next."""
    show(await calendars.sync(clients, email, account_id), ACCOUNT, as_json=as_json)


@group.command("disconnect")
@user_option
@id_option
@destructive("Disconnect the calendar account {account_id} of {email}?")
@operation
async def disconnect(clients: Clients, email: str, account_id: UUID, as_json: bool) -> None:
    """Delete an account with all that was read from it."""
    await calendars.disconnect(clients, email, account_id)
    show({"id": str(account_id), "disconnected": True}, as_json=as_json)


@group.group("feed")
def feed() -> None:
    """The secret address of bookings, for calendar programs."""


@feed.command("create")
@user_option
@destructive("Make a new address of the bookings of {email}, and end an earlier one?")
@operation
async def create_feed(clients: Clients, email: str, as_json: bool) -> None:
    """Make an address; an earlier one ends."""
    made = await calendars.create_feed(clients, email)
    show(as_row(made), ("url", "createdAt"), as_json=as_json)


@feed.command("revoke")
@user_option
@destructive("End the address of the bookings of {email}?")
@operation
async def revoke_feed(clients: Clients, email: str, as_json: bool) -> None:
    """End the address."""
    await calendars.revoke_feed(clients, email)
    show({"user": email, "revoked": True}, as_json=as_json)
