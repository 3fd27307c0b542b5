"""`linktime api-key …` and `linktime scim-token …`"""

from datetime import datetime
from uuid import UUID

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, operation, user_option
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.moments import MomentParameter
from linktime_operator.commands.paging import limit_option, page_option
from linktime_operator.operations import credentials
from linktime_operator.output import as_row, show, show_page

COLUMNS = ("id", "name", "last4", "expiresAt", "revoked")


@click.group("api-key")
def keys() -> None:
    """API keys."""


@keys.command("create")
@user_option
@click.option("--name", default="API key", show_default=True)
@click.option(
    "--expires",
    type=MomentParameter(date_means="end"),
    metavar="INSTANT",
    help="Such as 2030-01-01T00:00:00Z, or the last day in UTC on which it works: 2030-01-01.",
)
@operation
async def create_key(
    clients: Clients, email: str, name: str, expires: datetime | None, as_json: bool
) -> None:
    """Create a key; it is shown only once."""
    made = await credentials.make_api_key(clients, email, name=name, expires_at=expires)
    show(as_row(made), as_json=as_json)


@keys.command("list")
@user_option
@page_option
@limit_option
@operation
async def list_keys(clients: Clients, *, email: str, page: int, limit: int, as_json: bool) -> None:
    """A user's keys, newest first."""
    found = await credentials.list_api_keys(clients, email, page=page, limit=limit)
    keys = as_row(found)
    if not as_json:
        keys["data"] = [{**one, "revoked": one["revokedAt"] is not None} for one in keys["data"]]
    show_page(keys, COLUMNS, as_json=as_json)


@keys.command("revoke")
@user_option
@click.option("--id", "key_id", type=Identifier(), required=True)
@destructive("Revoke the API key {key_id} of {email}?")
@operation
async def revoke_key(clients: Clients, email: str, key_id: UUID, as_json: bool) -> None:
    """Revoke a key at once."""
    await credentials.revoke_api_key(clients, email, str(key_id))
    show({"id": str(key_id), "revoked": True}, as_json=as_json)


@click.group("scim-token")
def tokens() -> None:
    """SCIM tokens of organizations."""


@tokens.command("create")
@click.option("--org", "organization", type=Identifier(), required=True)
@operation
async def create_token(clients: Clients, organization: UUID, as_json: bool) -> None:
    """Create a token; it is shown only once."""
    made = await credentials.make_scim_token(clients, organization)
    show(as_row(made), ("id", "token"), as_json=as_json)
