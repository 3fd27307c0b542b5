"""The `linktime` command."""

import codecs
import io
import json
import logging
import sys

import click

from linktime_operator.commands import (
    bookings,
    calendars,
    completion,
    contacts,
    credentials,
    deploy,
    doctor,
    holidays,
    mail,
    organizations,
    reconcile,
    repair,
    scheduling,
    stack,
    time_off,
    users,
    webhooks,
)
from linktime_operator.commands.base import FAILED
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(
    package_name="linktime-operator", prog_name="linktime", message="%(prog)s %(version)s"
)
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
    scheduling.explain,
    time_off.group,
    holidays.group,
    bookings.group,
    contacts.group,
    webhooks.group,
    mail.group,
    calendars.group,
    repair.parked,
    repair.resync,
    repair.republish,
    reconcile.reconcile,
    deploy.group,
    completion.completion,
):
    linktime.add_command(command)


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
        sys.exit(FAILED)


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
        # click puts each choice on a separate line.
        sentence = error.format_message().replace("\n\t", " ")
        show_error(WrongArgument(sentence), as_json=True)
        return
    shown = io.StringIO()
    error.show(file=shown)
    click.echo(lines(readable(shown.getvalue()).rstrip("\n")), err=True)


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
