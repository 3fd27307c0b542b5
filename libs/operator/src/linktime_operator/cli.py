"""The `linktime` command."""

import codecs
import io
import json
import logging
import sys
from importlib import import_module

import click

from linktime_operator.errors import OperatorError, WrongArgument
from linktime_operator.output import (
    abandon_output,
    lines,
    readable,
    show_error,
    watch_output,
)

NOISY = ("aiormq", "aio_pika")
"""Libraries that log what the command reports; without a handler, logging prints it to stderr."""


# Where each command is: a module of `linktime_operator.commands` and a name in it.
COMMANDS = {
    "api-key": ("credentials", "keys"),
    "booking": ("bookings", "group"),
    "calendar": ("calendars", "group"),
    "completion": ("completion", "completion"),
    "contact": ("contacts", "group"),
    "dead-letters": ("repair", "parked"),
    "deploy": ("deploy", "group"),
    "doctor": ("doctor", "doctor"),
    "event-type": ("scheduling", "event_types"),
    "explain": ("scheduling", "explain"),
    "holidays": ("holidays", "group"),
    "mail": ("mail", "group"),
    "org": ("organizations", "group"),
    "reconcile": ("reconcile", "reconcile"),
    "republish": ("repair", "republish"),
    "resync": ("repair", "resync"),
    "run": ("stack", "run"),
    "schedule": ("scheduling", "schedules"),
    "scim-token": ("credentials", "tokens"),
    "time-off": ("time_off", "group"),
    "user": ("users", "group"),
    "webhook": ("webhooks", "group"),
}


class Commands(click.Group):
    """A group that imports the module of a command when the command is used.

    All of them take a second to import, most of it for libraries that one command needs.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command = getattr(import_module(f"linktime_operator.commands.{module}"), name)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    package_name="linktime-operator", prog_name="linktime", message="%(prog)s %(version)s"
)
def linktime() -> None:
    """Run LinkTime on this machine, and operate a running one.

    Commands find a stack on this machine by its .run folder: in the current folder, above it, or in
    the checkout that the command is installed from. LINKTIME_STATE names another folder. Users are
    named by e-mail.
    """


def main() -> None:
    """Run the command; every error is one sentence, or JSON with --json."""
    for library in NOISY:
        logging.getLogger(library).addHandler(logging.NullHandler())
    as_json = "--json" in sys.argv
    watch_output()
    _escape_what_cannot_be_encoded()
    try:
        if sys.stdout is None:
            raise OperatorError("Standard output is closed: the command could not show its result.")  # noqa: TRY301 - shown like the others
        _refuse_bytes(sys.argv[1:])
        # click itself prints usage errors without escaping the arguments that they quote.
        sys.exit(linktime(standalone_mode=False))
    except click.ClickException as error:
        _show_misuse(error, as_json=as_json)
        sys.exit(error.exit_code)
    except click.Abort as abort:
        show_error(OperatorError("The command was interrupted."), as_json=as_json)
        raise KeyboardInterrupt from abort  # the entry point exits with its status
    except OperatorError as error:
        show_error(error, as_json=as_json)
        sys.exit(error.exit_status)
    except OSError as error:
        show_error(_in_words(error, is_of_output=abandon_output(error)), as_json=as_json)
        sys.exit(OperatorError.exit_status)


def _escape_what_cannot_be_encoded() -> None:
    """Print `\\u00eb` for a character that the terminal's encoding lacks, also in JSON."""
    codecs.register_error("escape", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="escape")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _show_misuse(error: click.ClickException, *, as_json: bool) -> None:
    if as_json:
        show_error(WrongArgument(_with_choices(error.format_message())), as_json=True)
        return
    shown = io.StringIO()
    error.show(file=shown)
    click.echo(lines(readable(_with_choices(shown.getvalue())).rstrip("\n")), err=True)


def _with_choices(message: str) -> str:
    """Return it in one line: click puts each choice on a separate one, after a tab."""
    return message.replace("\n\t", " ")


def _refuse_bytes(arguments: list[str]) -> None:
    """Refuse arguments that are not UTF-8:

    Python decodes them to surrogates, which JSON cannot encode.
    """
    before = "The first argument"
    for argument in arguments:
        if not argument.isprintable() and any("\udc80" <= one <= "\udcff" for one in argument):
            name = argument.partition("=")[0] if argument.startswith("--") else before
            raise click.UsageError(f"{readable(name)} is not valid UTF-8.")
        before = argument if argument.startswith("--") else f"The argument after {argument}"


def _in_words(error: OSError, *, is_of_output: bool) -> OperatorError:
    reason = error.strerror or str(error)
    if error.filename is not None:
        return OperatorError(f"{error.filename} cannot be used: {reason}.")
    if is_of_output:
        return OperatorError(
            f"The output cannot be written: {reason}. The command may have had its effect."
        )
    return OperatorError(f"A file or a connection cannot be used: {reason}.")
