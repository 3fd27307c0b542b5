"""`linktime webhook …`"""

from datetime import datetime
from typing import Any
from uuid import UUID

import click
from pydantic import BaseModel

from linktime_common.contracts.internal_api.webhooks import EndpointChange
from linktime_operator.clients import Clients
from linktime_operator.commands.base import (
    Identifier,
    WholeNumber,
    checked,
    operation,
    user_option,
)
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.listen import listen
from linktime_operator.commands.moments import from_option, to_option
from linktime_operator.commands.paging import limit_option
from linktime_operator.errors import OperatorError
from linktime_operator.operations import webhooks
from linktime_operator.operations.reasons import meaning
from linktime_operator.output import as_row, show, show_list

ENDPOINTS = ("id", "url", "events", "state")
DELIVERY_LIST = ("id", "eventType", "state", "lastReason")
DELIVERIES = (
    "id",
    "messageId",
    "eventType",
    "requestId",
    "kind",
    "state",
    "attemptCount",
    "lastReason",
    "createdAt",
    "nextAttemptAt",
    "traceId",
)
RANGE_REPLAY = ("id", "state", "chosen", "replayed", "hasMore")
# An attempt takes 15 seconds at most, and may wait for a send slot.
TEST_SECONDS = 30.0
REPLAY_SECONDS = 60.0

id_option = click.option(
    "--id", "endpoint_id", type=Identifier(), required=True, help="The webhook's id."
)


def _name_a_change(**given: Any) -> None:
    names = ("url", "events", "description", "rate")
    if all(given[name] is None for name in names):
        raise click.UsageError("Name what to change: --url, --events, --description or --rate.")


def _name_what_to_replay(**given: Any) -> None:
    range_ = [given["since"], given["until"]]
    if given["delivery_id"] is None:
        is_clear = None not in range_
    else:
        is_clear = range_ == [None, None] and given["states"] is None
    if not is_clear:
        raise click.UsageError("Name a delivery with --delivery, or a range with --from and --to.")


@click.group("webhook")
def group() -> None:
    """Subscribers' endpoints."""


group.add_command(listen)


@group.command("create")
@user_option
@click.option("--url", required=True, help="Where deliveries go.")
@click.option("--events", required=True, metavar="A,B", help="Such as booking.created.")
@operation
async def create(clients: Clients, email: str, url: str, events: str, as_json: bool) -> None:
    """Create an endpoint; its secret is shown only once."""
    made = await webhooks.create(clients, email, url, _names(events))
    show(as_row(made), ("id", "url", "events", "secret"), as_json=as_json)


@group.command("list")
@user_option
@operation
async def list_all(clients: Clients, email: str, as_json: bool) -> None:
    """A user's endpoints, oldest first."""
    found = await webhooks.list_of(clients, email)
    show_list([as_row(one) for one in found.data], ENDPOINTS, as_json=as_json)


@group.command("show")
@user_option
@id_option
@operation
async def show_one(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """Show an endpoint and its health."""
    _show(await webhooks.find(clients, email, endpoint_id), as_json=as_json)


@group.command("enable", short_help="Send to it again and forget its failures.")
@user_option
@id_option
@operation
async def enable(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """Enable an endpoint; `replay` sends the events that it missed."""
    change = EndpointChange(active=True)
    _show(await webhooks.change(clients, email, endpoint_id, change), as_json=as_json)


@group.command("disable", short_help="Stop sending to an endpoint.")
@user_option
@id_option
@operation
async def disable(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """Disable an endpoint; its events are kept for a replay."""
    change = EndpointChange(active=False)
    _show(await webhooks.change(clients, email, endpoint_id, change), as_json=as_json)


@group.command("edit")
@user_option
@id_option
@click.option("--url")
@click.option("--events", metavar="A,B", help="All of them, such as booking.created.")
@click.option("--description")
@click.option(
    "--rate", type=WholeNumber(0, 1_000), help="Deliveries per second at most; 0 is unlimited."
)
@checked(_name_a_change)
@operation
async def edit(
    clients: Clients,
    *,
    email: str,
    endpoint_id: UUID,
    url: str | None,
    events: str | None,
    description: str | None,
    rate: int | None,
    as_json: bool,
) -> None:
    """Change the given fields of an endpoint."""
    given = {
        "url": url,
        "events": None if events is None else _names(events),
        "description": description,
    }
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if rate is not None:
        values["rate_per_second"] = rate or None
    change = EndpointChange(**values)
    _show(await webhooks.change(clients, email, endpoint_id, change), as_json=as_json)


@group.command("delete")
@user_option
@id_option
@destructive("Delete the webhook {endpoint_id} of {email}?")
@operation
async def delete(clients: Clients, email: str, endpoint_id: UUID, as_json: bool) -> None:
    """Delete an endpoint and its pending deliveries."""
    await webhooks.delete(clients, email, endpoint_id)
    show({"id": str(endpoint_id), "deleted": True}, as_json=as_json)


@group.command("rotate")
@user_option
@id_option
@click.option(
    "--overlap-hours",
    type=WholeNumber(0, 168),
    default=24,
    show_default=True,
    help="How long older secrets still sign; 0 ends them now.",
)
@operation
async def rotate(
    clients: Clients, email: str, endpoint_id: UUID, overlap_hours: int, as_json: bool
) -> None:
    """Create a new secret; it is shown only once."""
    made = await webhooks.rotate(clients, email, endpoint_id, overlap_hours=overlap_hours)
    named = as_row(made) | {"id": str(endpoint_id), "secretId": str(made.id)}
    show(named, ("id", "secretId", "secret"), as_json=as_json)


@group.command("deliveries", short_help="List sent and pending deliveries.")
@user_option
@id_option
@click.option("--state", help="Such as failed.")
@click.option("--event", "event_type", help="Such as booking.created.")
@limit_option
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
    """List sent and pending deliveries, newest first; with --json, the attempts too."""
    given = {"state": state, "eventType": event_type, "limit": str(limit)}
    query = {name: value for name, value in given.items() if value is not None}
    found = (await webhooks.deliveries(clients, email, endpoint_id, query)).data
    if as_json:
        detailed = await webhooks.with_attempts(clients, email, endpoint_id, found)
        show_list([as_row(one) for one in detailed], DELIVERIES, as_json=True)
    else:
        rows = [as_row(one) for one in found]
        show_list(rows, DELIVERY_LIST, as_json=False, last_is_whole=True)


@group.command("replay", short_help="Send a delivery or a range again.")
@user_option
@id_option
@click.option("--delivery", "delivery_id", type=Identifier(), help="One delivery.")
@from_option
@to_option
@click.option(
    "--states", metavar="A,B", help="Final states in the range; all but delivered by default."
)
@checked(_name_what_to_replay)
@operation
async def replay(
    clients: Clients,
    *,
    email: str,
    endpoint_id: UUID,
    delivery_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    states: str | None,
    as_json: bool,
) -> None:
    """Replay one delivery, or the undelivered events of a range of 14 days at most."""
    if delivery_id is not None:
        live = await webhooks.replay(clients, email, endpoint_id, delivery_id)
        show(as_row(live), DELIVERIES, as_json=as_json)
    elif since is not None and until is not None:
        made = await webhooks.replay_range(
            clients,
            email,
            endpoint_id,
            since=since,
            until=until,
            states=None if states is None else _names(states),
            within=REPLAY_SECONDS,
        )
        show(as_row(made), RANGE_REPLAY, as_json=as_json)
        if made.state != "done":
            raise OperatorError(f"The replay is {made.state}: not all events were sent again.")


@group.command("test", short_help="Send it a sample event and wait for it.")
@user_option
@id_option
@click.option("--event", "event_type", default="booking.created", show_default=True)
@operation
async def test(
    clients: Clients, email: str, endpoint_id: UUID, event_type: str, as_json: bool
) -> None:
    """Send a sample event once and show the outcome; status 1 if it did not arrive."""
    sent = await webhooks.send_test(clients, email, endpoint_id, event_type)
    found = await webhooks.ended(clients, email, endpoint_id, sent.id, within=TEST_SECONDS)
    show(as_row(found), DELIVERIES, as_json=as_json)
    if found.state == "pending":
        raise OperatorError(
            f"The sample was not tried within {TEST_SECONDS:.0f} seconds; "
            f"see `linktime webhook show` and `deliveries`."
        )
    if found.state != "delivered":
        endpoint = await webhooks.find(clients, email, endpoint_id)
        raise OperatorError(
            f"The sample did not arrive at {endpoint.url}: {meaning(found.last_reason)}."
        )


def _names(events: str) -> list[str]:
    return [name.strip() for name in events.split(",") if name.strip()]


def _show(endpoint: BaseModel, *, as_json: bool) -> None:
    show(as_row(endpoint), as_json=as_json)
