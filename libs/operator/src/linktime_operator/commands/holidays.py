"""`linktime holidays …`"""

from typing import Any

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import operation, user_option
from linktime_operator.operations import scheduling
from linktime_operator.output import show, show_list

DAYS = ("date", "name", "enabled")


@click.group("holidays")
def group() -> None:
    """Public holidays on which hosts take no bookings."""


@group.command("show")
@user_option
@operation
async def show_all(clients: Clients, email: str, as_json: bool) -> None:
    """A host's of two years; --json has country and region."""
    _show(await scheduling.find_holidays(clients, email), as_json=as_json)


@group.command("set")
@user_option
@click.option("--country", required=True, help="Its code, such as DE.")
@click.option("--region", help="A region's code without the country, such as BE.")
@click.option(
    "--disable", "disabled", multiple=True, metavar="NAME", help="Take bookings on it; repeatable."
)
@operation
async def set_all(
    clients: Clients,
    *,
    email: str,
    country: str,
    region: str | None,
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Replace country, region and disabled holidays."""
    body = {"country": country, "region": region, "disabled": list(disabled)}
    _show(await scheduling.set_holidays(clients, email, body), as_json=as_json)


@group.command("clear")
@user_option
@operation
async def clear(clients: Clients, email: str, as_json: bool) -> None:
    """Take a host's bookings on all holidays."""
    _show(await scheduling.set_holidays(clients, email, {"country": None}), as_json=as_json)


def _show(holidays: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(holidays, as_json=True)
    else:
        show_list(holidays["days"], DAYS, as_json=False)
