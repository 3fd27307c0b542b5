"""The `linktime` command."""

import sys

import click

from linktime_operator.commands import (
    credentials,
    deploy,
    doctor,
    organizations,
    repair,
    scheduling,
    stack,
    users,
    webhooks,
)
from linktime_operator.output import json_line


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def linktime() -> None:
    """Run LinkTime on this machine, and operate a running one.

    Commands find a stack on this machine by its .run folder, in the current folder or above it;
    LINKTIME_STATE names another. Users are named by e-mail.
    """


for command in (
    stack.run,
    doctor.doctor,
    users.group,
    credentials.keys,
    organizations.group,
    credentials.tokens,
    scheduling.event_types,
    scheduling.schedules,
    webhooks.group,
    repair.parked,
    repair.resync,
    deploy.group,
):
    linktime.add_command(command)


def main() -> None:
    """Run the command; a misuse is told as JSON too, where JSON is asked for."""
    if "--json" not in sys.argv:
        linktime()
    try:
        linktime(standalone_mode=False)
    except click.ClickException as error:
        print(json_line({"error": error.format_message()}), file=sys.stderr)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
