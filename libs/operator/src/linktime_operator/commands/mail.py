"""`linktime mail …`"""

from uuid import UUID

import click

from linktime_operator.commands.base import Identifier, json_option, run_or_explain
from linktime_operator.errors import OperatorError
from linktime_operator.locate import running_stack
from linktime_operator.operations import mail
from linktime_operator.operations.mail import OpenedMail
from linktime_operator.output import as_row, show, show_lines, show_list
from linktime_operator.stack_file import StackFile

COLUMNS = ("id", "to", "subject")
NOT_RUNNING = (
    "No LinkTime runs on this machine. Start one with `make run` (or `linktime run`), or name its "
    "state folder with LINKTIME_STATE."
)


@click.group("mail")
def group() -> None:
    """Mail kept by `linktime run`, and previews of each kind."""


@group.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """All kept messages, newest first."""

    async def work() -> None:
        found = await mail.newest_first(_running())
        show_list([as_row(one) for one in found], COLUMNS, as_json=as_json)

    run_or_explain(work(), as_json=as_json)


@group.command("show")
@click.option("--id", "mail_id", type=Identifier(), required=True, help="As `mail list` shows it.")
@json_option
def show_one(mail_id: UUID, as_json: bool) -> None:
    """The headers and the text of a message."""

    async def work() -> None:
        found = await mail.opened(_running(), mail_id)
        if as_json:
            show(as_row(found), as_json=True)
        else:
            show_lines(_readable(found))

    run_or_explain(work(), as_json=as_json)


@group.command("preview")
@click.argument("kind")
@click.option("--locale", default="en", show_default=True, help="The language, such as de.")
@click.option("--text", is_flag=True, help="The text (default).")
@click.option("--html", is_flag=True, help="The HTML.")
@click.option("--ics", is_flag=True, help="The calendar file.")
@json_option
def preview(kind: str, locale: str, *, as_json: bool, **parts: bool) -> None:
    """A made-up mail of KIND, such as confirmation. Nothing is sent; no stack is needed."""
    chosen = [part for part, is_chosen in parts.items() if is_chosen]
    if len(chosen) > 1:
        raise click.UsageError("Give only one of --text, --html and --ics.")
    part = chosen[0] if chosen else "text"

    async def work() -> None:
        content = await mail.previewed(kind, locale, part)
        if as_json:
            made = {"kind": kind, "locale": locale, "part": part, "content": content.decode()}
            show(made, as_json=True)
        else:
            click.echo(content, nl=False)

    run_or_explain(work(), as_json=as_json)


def _readable(found: OpenedMail) -> str:
    headers = [f"{header.name}: {_on_one_line(header.value)}" for header in found.headers]
    text = "(no text part)" if found.text is None else found.text.replace("\r\n", "\n").rstrip()
    return "\n".join([*headers, "", text])


def _on_one_line(value: str) -> str:
    # A line break in an encoded header would look like another header.
    return value.replace("\n", "\\u000a")


def _running() -> StackFile:
    running = running_stack()
    if running is None:
        raise OperatorError(NOT_RUNNING)
    return running
