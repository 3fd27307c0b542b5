"""`linktime run`"""

from importlib.util import find_spec

import click

from linktime_operator.commands.base import json_option, run_or_explain
from linktime_operator.environment import read
from linktime_operator.locate import state_folder
from linktime_operator.stack.settings import StackSettings

NOT_INSTALLED = (
    "`linktime run` needs the package linktime-local, which is not installed here: use `make run` "
    "in a checkout."
)


@click.command("run", short_help="Run LinkTime on this machine until Ctrl-C.")
@json_option
def run(as_json: bool) -> None:
    """Run the whole of LinkTime on this machine until Ctrl-C; the data is kept."""
    if find_spec("linktime_local") is None:
        raise click.ClickException(NOT_INSTALLED)
    from linktime_operator.stack.run import run as run_stack  # noqa: PLC0415 - needs linktime_local

    run_or_explain(run_stack(state_folder(), read(StackSettings), as_json=as_json), as_json=as_json)
