"""`linktime reconcile`"""

import sys
from collections.abc import Sequence
from typing import Any

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import FAILED, operation
from linktime_operator.operations.comparison import compare, named
from linktime_operator.operations.inventory import BOOKED_HOSTS
from linktime_operator.operations.orphans import Difference
from linktime_operator.operations.reconciling import ACTIONS, mend, refuse_empty
from linktime_operator.output import as_row, show, show_list

COLUMNS = ("kind", "count", "action", "ids")
NO_ACTION = "nothing"
CANNOT_BE_UNDONE = (
    "The bookings of an unknown user are deleted; coming ones are cancelled with mails. "
    "This cannot be undone."
)


@click.command("reconcile", short_help="Mend differences between the services' data.")
@click.option("--yes", is_flag=True, help="Do it.")
@operation
async def reconcile(clients: Clients, yes: bool, as_json: bool) -> None:
    """Mend what `linktime doctor --deep` names, after the restore of an older backup.

    Without --yes it shows what it would do. The service that owns a row has the truth: others
    remove what it does not know, and take over what it has. Status 1 if differences remain.
    """
    before = await compare(clients, _report)
    after, clashes = before, []
    if yes and before:
        clashes = [str(one) for one in await mend(clients, before)]
        after = await compare(clients, _report)
    elif before:
        await refuse_empty(clients, before)
    if as_json:
        show(
            {
                "differences": _rows(before),
                "done": yes,
                "clashes": clashes,
                "remaining": _rows(after),
            },
            as_json=True,
        )
    else:
        _show(before, after, clashes, is_done=yes)
    if after:
        sys.exit(FAILED)


def _show(
    before: Sequence[Difference],
    after: Sequence[Difference],
    clashes: Sequence[str],
    *,
    is_done: bool,
) -> None:
    show_list(_rows(before), COLUMNS, as_json=False, last_is_whole=True)
    for booking in clashes:
        click.echo(f"Another booking has the time of {booking}: move or cancel one.", err=True)
    if not before:
        click.echo("The services agree.", err=True)
    elif not is_done:
        if any(one.kind is BOOKED_HOSTS for one in before):
            click.echo(CANNOT_BE_UNDONE, err=True)
        click.echo("Nothing was changed; --yes does it.", err=True)
    elif after:
        click.echo("These remain:", err=True)
        show_list(_rows(after), COLUMNS, as_json=False, last_is_whole=True)
    else:
        click.echo("Done: the services agree.", err=True)


def _rows(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    return [
        {**as_row(one), "action": ACTIONS.get(one.kind, NO_ACTION)} for one in named(differences)
    ]


def _report(progress: str) -> None:
    click.echo(progress, err=True)
