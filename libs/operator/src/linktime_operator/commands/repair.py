"""`linktime dead-letters …` and `linktime resync …`"""

from typing import Any
from uuid import UUID

import click

from linktime_common.contracts.internal_api.outbox import MOST_DAYS
from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, WholeNumber, checked, operation
from linktime_operator.commands.confirming import destructive
from linktime_operator.errors import OperatorError
from linktime_operator.operations import dead_letters, republishing
from linktime_operator.operations import resync as resyncing
from linktime_operator.output import as_row, show, show_list
from linktime_operator.stack.services import SERVICES

COLUMNS = ("id", "service", "routingKey", "reason")

service_option = click.option(
    "--service",
    type=click.Choice(dead_letters.CONSUMERS),
    metavar="SERVICE",
    help=f"One of {', '.join(dead_letters.CONSUMERS)}; else all.",
)
id_option = click.option("--id", "ids", type=Identifier(), multiple=True, help="May be repeated.")


def _name_what_to_drop(**given: Any) -> None:
    if given["service"] is None and not given["ids"]:
        raise click.UsageError("Name what to delete with --id or --service: it cannot be undone.")


@click.group("dead-letters")
def parked() -> None:
    """Messages that a service dead-lettered."""


@parked.command("list")
@service_option
@id_option
@operation
async def list_parked(
    clients: Clients, service: str | None, ids: tuple[UUID, ...], as_json: bool
) -> None:
    """List dead-lettered messages with the reason."""
    rows = [
        {"service": name, **as_row(letter)}
        for name in _chosen(service)
        for letter in await dead_letters.list_parked(clients, name)
    ]
    wanted = {str(one) for one in ids}
    found = [row for row in rows if not wanted or row["id"] in wanted]
    show_list(found, COLUMNS, as_json=as_json, last_is_whole=True)


@parked.command("replay")
@service_option
@id_option
@operation
async def replay(
    clients: Clients, service: str | None, ids: tuple[UUID, ...], as_json: bool
) -> None:
    """Send messages to their service again; all if none is named."""
    counts = [await dead_letters.replay(clients, name, _some(ids)) for name in _chosen(service)]
    _report(sum(counts), "replayed", ids, as_json=as_json)


@parked.command("drop")
@service_option
@id_option
@checked(_name_what_to_drop)
@destructive("Delete these messages?")
@operation
async def drop(clients: Clients, service: str | None, ids: tuple[UUID, ...], as_json: bool) -> None:
    """Delete messages permanently; name them, or their service."""
    counts = [await dead_letters.drop(clients, name, _some(ids)) for name in _chosen(service)]
    _report(sum(counts), "dropped", ids, as_json=as_json)


@click.command("resync", short_help="Update a service's projections.")
@click.argument("service", type=click.Choice(sorted(SERVICES)), metavar="SERVICE")
@operation
async def resync(clients: Clients, service: str, as_json: bool) -> None:
    """Update a service's projections from the services that own the data.

    It adds and changes what is older, and removes what the owners do not know. It sends no mail,
    no webhook and no event.
    """
    total = resyncing.Progressed()
    shown: dict[str, Any] = {}
    async for total in resyncing.resync(clients, service):
        if shown and not as_json:  # the last totals are the result
            click.echo(", ".join(f"{count} {what}" for what, count in shown.items()), err=True)
        shown = _totals(total)
    show({"service": service, **_totals(total)}, as_json=as_json)


@click.command("republish", short_help="Publish recent events again.")
@click.option(
    "--days",
    type=WholeNumber(1, MOST_DAYS),
    default=1,
    show_default=True,
    help="How many, before the last event of each service.",
)
@operation
async def republish(clients: Clients, days: int, as_json: bool) -> None:
    """Publish recent events again, after RabbitMQ lost its messages.

    For a restore, and for a new broker. Each event has its effect once: services ignore those that
    they have processed.
    """
    rows = [
        {"service": service, "events": await republishing.republish(clients, service, days)}
        for service in republishing.PUBLISHERS
    ]
    show_list(rows, ("service", "events"), as_json=as_json)


def _totals(total: resyncing.Progressed) -> dict[str, Any]:
    return {
        "read": total.read,
        "applied": total.applied,
        "added": total.added,
        "changed": total.changed,
        "removed": total.removed,
    }


def _chosen(service: str | None) -> tuple[str, ...]:
    return dead_letters.CONSUMERS if service is None else (service,)


def _some(ids: tuple[UUID, ...]) -> list[UUID] | None:
    return list(ids) or None


def _report(count: int, verb: str, ids: tuple[UUID, ...], *, as_json: bool) -> None:
    if ids and count == 0:
        raise OperatorError(
            f"None of these can be {verb}: they do not exist. See `linktime dead-letters list`."
        )
    show({verb: count}, as_json=as_json)
