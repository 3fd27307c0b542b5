"""`linktime dead-letters …` and `linktime resync …`"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import click

from linktime_common.contracts.internal_api.outbox import MOST_DAYS
from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, WholeNumber, checked, operation
from linktime_operator.commands.confirming import destructive
from linktime_operator.errors import CallFailed, OperatorError, ServiceUnavailable
from linktime_operator.operations import dead_letters, republishing
from linktime_operator.operations import resync as resyncing
from linktime_operator.output import as_row, show, show_list
from linktime_operator.stack.services import SERVICES

COLUMNS = ("id", "service", "routingKey", "reason")
Answer = TypeVar("Answer")

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
    found, failures = await _each(_chosen(service), partial(dead_letters.list_parked, clients))
    rows = [{"service": name, **as_row(one)} for name, some in found.items() for one in some]
    wanted = {str(one) for one in ids}
    if found:
        rows = [row for row in rows if not wanted or row["id"] in wanted]
        show_list(rows, COLUMNS, as_json=as_json, last_is_whole=True)
    _raise(failures)


@parked.command("replay")
@service_option
@id_option
@operation
async def replay(
    clients: Clients, service: str | None, ids: tuple[UUID, ...], as_json: bool
) -> None:
    """Send messages to their service again; all if none is named."""
    call = partial(dead_letters.replay, clients, ids=_some(ids))
    counts, failures = await _each(_chosen(service), call)
    _report(counts, failures, "replayed", ids, as_json=as_json)
    if any(counts.values()) and not as_json:
        click.echo("Put back; a message that fails again is parked again.", err=True)
    _raise(failures)


@parked.command("drop")
@service_option
@id_option
@checked(_name_what_to_drop)
@destructive("Delete these messages?")
@operation
async def drop(clients: Clients, service: str | None, ids: tuple[UUID, ...], as_json: bool) -> None:
    """Delete messages permanently; name them, or their service."""
    call = partial(dead_letters.drop, clients, ids=_some(ids))
    counts, failures = await _each(_chosen(service), call)
    _report(counts, failures, "dropped", ids, as_json=as_json)
    _raise(failures)


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
    call = partial(republishing.republish, clients, days=days)
    counts, failures = await _each(republishing.PUBLISHERS, call)
    rows = [{"service": service, "events": events} for service, events in counts.items()]
    if rows:
        show_list(rows, ("service", "events"), as_json=as_json)
    if any(counts.values()) and not as_json:
        click.echo("Stored; published as soon as RabbitMQ takes them.", err=True)
    _raise(failures)


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


def _report(
    counts: Mapping[str, int],
    failures: Sequence[CallFailed],
    verb: str,
    ids: tuple[UUID, ...],
    *,
    as_json: bool,
) -> None:
    count = sum(counts.values())
    if count or not (ids or failures):
        show({verb: count}, as_json=as_json)
    elif not failures:
        raise OperatorError(
            f"None of these can be {verb}: they do not exist. See `linktime dead-letters list`."
        )


async def _each(
    services: Iterable[str], call: Callable[[str], Awaitable[Answer]]
) -> tuple[dict[str, Answer], list[CallFailed]]:
    """Call every service; return the answers, and the failures of those that did not respond."""
    answers, failures = {}, []
    for service in services:
        try:
            answers[service] = await call(service)
        except CallFailed as error:
            failures.append(error)
    return answers, failures


def _raise(failures: Sequence[CallFailed]) -> None:
    if failures:
        raise ServiceUnavailable("\n".join(map(str, failures)))
