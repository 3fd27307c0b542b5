"""`linktime deploy …`"""

from pathlib import Path
from typing import Any

import click

from linktime_operator.commands.base import json_option, run_or_explain
from linktime_operator.deploy import secrets
from linktime_operator.deploy.prepare import PrepareSettings
from linktime_operator.deploy.prepare import prepare as prepare_servers
from linktime_operator.environment import read
from linktime_operator.output import show


class Folder(click.Path):
    """A folder path; an empty text, as of an unset variable, is not the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("The name of the folder is empty.", param, ctx)
        return super().convert(value, param, ctx)


@click.group("deploy")
def group() -> None:
    """Secrets and preparation for containers and Kubernetes."""


@group.command("secrets", short_help="Write FOLDER/*.env, one file per container.")
@click.argument("target", type=click.Choice([target.value for target in secrets.DeployTarget]))
@click.argument("folder", type=Folder(path_type=Path, file_okay=False))
@json_option
def make_secrets(target: str, folder: Path, as_json: bool) -> None:
    """Write FOLDER/*.env, one file per container; existing secrets are kept."""

    async def work() -> None:
        written = secrets.write(secrets.DeployTarget(target), folder)
        show({"folder": str(folder), "files": [path.name for path in written]}, as_json=as_json)

    run_or_explain(work(), as_json=as_json)


@group.command("prepare", short_help="Create databases, roles, users and queues.")
@json_option
def prepare(as_json: bool) -> None:
    """Create databases, roles, broker users and queues; can be repeated.

    On the servers of LINKTIME_POSTGRES_DSN, LINKTIME_AMQP_URL and LINKTIME_RABBITMQ_MANAGEMENT_URL,
    with the passwords of LINKTIME_PASSWORDS. Waits until RabbitMQ has LINKTIME_RABBITMQ_NODES nodes
    (1), and adds members to queues that are not on all of them.
    """

    async def work() -> None:
        grown = await prepare_servers(read(PrepareSettings))
        show({"prepared": True, "grown": grown or None}, as_json=as_json)

    run_or_explain(work(), as_json=as_json)
