"""`linktime webhook …`"""

from datetime import datetime
from uuid import UUID

import click
from pydantic import BaseModel

from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, Moment, operation, user_option
from linktime_operator.commands.listen import listen
from linktime_operator.errors import OperatorError
from linktime_operator.operations import webhooks
from linktime_operator.output import as_rows, show, show_list

ENDPOINTS = ("id", "url", "events", "state", "createdAt")
DELIVERIES = (
    "id",
    "eventType",
    "kind",
    "state",
    "attemptCount",
    "lastReason",
    "createdAt",
    "nextAttemptAt",
)

id_option = click.option(
    "--id", "endpoint_id", type=Identifier(), required=True, help="Which webhook."
)


@click.group("webhook")
def group() -> None:
    """Subscribers' endpoints."""


group.add_command(listen)


@group.command("create")
@user_option
@click.option("--url", required=True)
@click.option("--events", required=True, metavar="A,B", help="Such as booking.created.")
@operation
async def create(clients: Clients, email: str, url: str, events: str, as_json: bool) -> None:
    """Make an endpoint; its secret is shown this once."""
    names = [name.strip() for name in events.split(",") if name.strip()]
    made = await webhooks.create(clients, email, url, names)
    show(as_rows([made], "id", "url", "events", "secret")[0], as_json=as_json)


@group.command("list")
@user_option
@operation
async def list_all(clients: Clients, email: str, as_json: bool) -> None:
    """A user's endpoints, oldest first."""
    found = await webhooks.list_of(clients, email)
    show_list(as_rows(found.data, *ENDPOINTS), ENDPOINTS, as_json=as_json)


@group.command("show")
@user_option
@id_option
@operation
async def show_one(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """An endpoint, and how it does."""
    _show(await webhooks.find(clients, email, endpoint_id), as_json=as_json)


@group.command("enable")
@user_option
@id_option
@operation
async def enable(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """Send to it again; what it missed is sent by `replay`."""
    _show(await webhooks.switch(clients, email, endpoint_id, on=True), as_json=as_json)


@group.command("disable")
@user_option
@id_option
@operation
async def disable(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """Send nothing to it any more; what happens is kept to be replayed."""
    _show(await webhooks.switch(clients, email, endpoint_id, on=False), as_json=as_json)


@group.command("rotate")
@user_option
@id_option
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 168),
    default=24,
    show_default=True,
    help="How long older secrets still sign; 0 ends them now.",
)
@operation
async def rotate(
    clients: Clients, email: str, endpoint_id: UUID, overlap_hours: int, as_json: bool
) -> None:
    """Make a new secret; it is shown this once."""
    made = await webhooks.rotate(clients, email, endpoint_id, overlap_hours=overlap_hours)
    show(as_rows([made], "id", "secret")[0], as_json=as_json)


@group.command("deliveries")
@user_option
@id_option
@click.option("--state", help="Such as failed.")
@click.option("--event", "event_type", help="Such as booking.created.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@operation
async def list_deliveries(
    clients: Clients,
    *,
    email: str,
    endpoint_id: UUID,
    state: str | None,
    event_type: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """What was and is to be sent to it, newest first."""
    given = {"state": state, "eventType": event_type, "limit": str(limit)}
    query = {name: value for name, value in given.items() if value is not None}
    found = await webhooks.deliveries(clients, email, endpoint_id, query)
    show_list(as_rows(found.data, *DELIVERIES), DELIVERIES, as_json=as_json)


@group.command("replay")
@user_option
@id_option
@click.option("--delivery", "delivery_id", type=Identifier(), help="One delivery.")
@click.option("--from", "since", type=Moment(), help="Else what failed of a range: from then,")
@click.option("--to", "until", type=Moment(), help="to then; 14 days at most.")
@operation
async def replay(
    clients: Clients,
    *,
    email: str,
    endpoint_id: UUID,
    delivery_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Send something again: one delivery, or what failed or was suppressed in a range."""
    if delivery_id is not None and since is None and until is None:
        live = await webhooks.replay(clients, email, endpoint_id, delivery_id)
        show(as_rows([live], *DELIVERIES)[0], as_json=as_json)
    elif delivery_id is None and since is not None and until is not None:
        made = await webhooks.replay_range(clients, email, endpoint_id, since=since, until=until)
        show(as_rows([made], "replayed", "hasMore")[0], as_json=as_json)
    else:
        raise OperatorError("Name a delivery with --delivery, or a range with --from and --to.")


@group.command("test")
@user_option
@id_option
@click.option("--event", "event_type", default="booking.created", show_default=True)
@operation
async def test(
    clients: Clients, email: str, endpoint_id: UUID, event_type: str, as_json: bool
) -> None:
    """Send it a sample event, once; `deliveries` shows what came of it."""
    sent = await webhooks.send_test(clients, email, endpoint_id, event_type)
    show(as_rows([sent], *DELIVERIES)[0], as_json=as_json)


def _show(endpoint: BaseModel, *, as_json: bool) -> None:
    show(endpoint.model_dump(mode="json"), as_json=as_json)
