"""`linktime doctor`"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click

from linktime_common.http.client import open_session
from linktime_common.texts import escaped
from linktime_operator.clients import Clients
from linktime_operator.commands.base import FAILED, json_option, run_or_explain
from linktime_operator.deploy.secrets import STACK
from linktime_operator.errors import OperatorError
from linktime_operator.locate import (
    addresses,
    management_url,
    public_url,
    running_folder,
    running_stack,
    secrets_made,
    state_folder,
)
from linktime_operator.operations import connections, secret_ages
from linktime_operator.operations.doctor import (
    Diagnosis,
    compared,
    dated,
    diagnose,
    with_problems,
)
from linktime_operator.operations.probes import ServiceHealth
from linktime_operator.output import as_row, say, show
from linktime_operator.stack.management import queue_problems
from linktime_operator.stack.services import SERVICES


@click.command("doctor", short_help="Report processes, versions and problems.")
@click.option("--deep", is_flag=True, help="Compare the services' data with each other.")
@json_option
def doctor(deep: bool, as_json: bool) -> None:
    """Report processes, versions and problems; status 1 when there is a problem.

    With --deep, every difference between the data of the services is a problem.
    """
    run_or_explain(_examine(deep=deep, as_json=as_json), as_json=as_json)


async def _examine(*, deep: bool, as_json: bool) -> None:
    urls: Mapping[str, str] = {}
    keys: Mapping[str, str] = {}
    running = obstacle = address = broker = made = None
    folder = state_folder()
    try:
        urls, keys = addresses()
        running, address, broker = running_stack(), public_url(), management_url()
        folder, made = running_folder(), secrets_made()
    except OperatorError as error:
        obstacle = str(error)
    async with open_session() as session:
        clients = Clients(session, urls, keys)
        found = await diagnose(
            session,
            urls,
            running,
            folder,
            clients,
            obstacle=obstacle,
            public_url=address,
        )
        if obstacle is None:
            found = with_problems(found, _unset(clients))
            found = dated(found, made, datetime.now(UTC).date())
        if broker is not None:
            found = with_problems(found, await queue_problems(broker, STACK))
        if not as_json:
            _show(found)
        known = len(found.problems)
        if deep and obstacle is None:
            found = await compared(found, clients, _report)
    if as_json:
        show(as_row(found), as_json=True)
    else:
        _show_end(found, found.problems[known:])
    if not found.ok:
        sys.exit(FAILED)


def _unset(clients: Clients) -> list[str]:
    """Return which services have no address or no key: they would be left out unnoticed."""
    return [unset for service in SERVICES if (unset := clients.unset(service))]


def _report(progress: str) -> None:
    click.echo(progress, err=True)


def _show(found: Diagnosis) -> None:
    """Print everything but the comparison of the services, which may take long."""
    rows: dict[str, object] = {
        "Python": found.python,
        "tzdata": found.tzdata,
        "PostgreSQL": found.postgres,
        "database connections": connections.shown(found.services),
        "RabbitMQ": found.rabbitmq,
        "mail server": _mail(found),
        "certificate": _certificate(found),
        "secrets": secret_ages.shown(found.secrets_made) if found.services else None,
        "free disk": f"{found.free_bytes / 1e9:.1f} GB",
        "open files": found.open_files_limit,
    }
    rows |= {name: _readiness(one) for name, one in found.services.items()}
    show(rows, as_json=False)
    _show_problems(found.problems)
    for warning in found.warnings:
        say(escaped(warning), colour="yellow")


def _show_problems(problems: Sequence[str]) -> None:
    for problem in problems:
        say(escaped(problem), colour="red")


def _show_end(found: Diagnosis, more: Sequence[str]) -> None:
    """Print the problems of the comparison, or that all is well."""
    _show_problems(more)
    if found.differences:
        click.echo(
            found.restore_first or "`linktime reconcile` shows how the differences can be mended."
        )
    if found.ok:
        say("All is well.", colour="green")


def _readiness(health: ServiceHealth) -> str:
    if not health.ready:
        return "not ready"
    if not health.has_answered:
        return f"{health.answered} of {health.processes} processes answer"
    return "ready"


def _certificate(found: Diagnosis) -> str | None:
    if found.certificate is None:
        return None
    ends = found.certificate.ends_at
    return "not accepted" if ends is None else f"ends on {ends:%Y-%m-%d}"


def _mail(found: Diagnosis) -> str | None:
    if found.mail is None:
        return None
    if found.mail.reachable is None:
        return "not configured"
    return "answers" if found.mail.reachable else "cannot be used"
