"""Common parts of the subcommands: `--json`, and clients of a running system."""

import asyncio
import codecs
import functools
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Concatenate, ParamSpec
from uuid import UUID

import click
import orjson
from pydantic import SecretStr

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.events.scim import Plan
from linktime_common.http import fields
from linktime_common.http.client import Answered
from linktime_common.json_input import TooDeep, parse
from linktime_common.texts import escaped
from linktime_operator import known_settings
from linktime_operator.clients import Clients, refusal
from linktime_operator.errors import OperatorError
from linktime_operator.locate import found_services
from linktime_operator.output import say, show_error

Given = ParamSpec("Given")
FAILED = 1
_DIGITS = re.compile(r"-?[0-9]+")  # negative numbers are left to the limits

MALFORMED = ErrorCode.MALFORMED_BODY
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, also for errors.")


class PlanChoice(click.Choice[str]):
    """A plan, case-insensitive, shown in capitals."""

    def normalize_choice(self, choice: Any, ctx: click.Context | None) -> str:
        return super().normalize_choice(choice, ctx).upper()


plan_choice = PlanChoice([plan.value for plan in Plan])


class WholeNumber(click.IntRange):
    """A whole number within limits, in digits only: Python also reads `1_0` and ` 5`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not _DIGITS.fullmatch(value):
            self.fail(f"{value!r} is not a whole number.", param, ctx)
        return super().convert(value, param, ctx)


class Identifier(click.ParamType[UUID]):
    """A UUID."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        try:
            return value if isinstance(value, UUID) else UUID(value)
        except ValueError:
            self.fail(f"{value} is not an id.", param, ctx)


class EmailParameter(click.ParamType[str]):
    """The e-mail of an account, unchanged; limited, since long texts do not fit into a request."""

    name = "email"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        name = param.opts[0] if param else "The e-mail"
        if not text:
            raise click.UsageError(f"{name} is empty.", ctx)
        if len(text) > fields.MOST_EMAIL_CHARACTERS:
            raise click.UsageError(
                f"{name} is not an e-mail address: it has more than "
                f"{fields.MOST_EMAIL_CHARACTERS} characters.",
                ctx,
            )
        return text


class DocumentFile(click.File):
    """A file to read, `-` for standard input, which may be closed."""

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "-" and sys.stdin is None:
            self.fail("Standard input is closed.", param, ctx)
        return super().convert(value, param, ctx)


user_option = click.option(
    "--user",
    "email",
    type=EmailParameter(),
    required=True,
    metavar="EMAIL",
    help="The account's e-mail.",
)


@contextmanager
def _explained(*, as_json: bool) -> Iterator[None]:
    """On an error of the block print it and exit with its status."""
    try:
        yield
    except OperatorError as error:
        show_error(error, as_json=as_json)
        sys.exit(error.exit_status)
    except Answered as answered:
        show_error(refusal(answered), as_json=as_json)
    else:
        return
    sys.exit(FAILED)


def run_or_explain(work: Awaitable[None], *, as_json: bool) -> None:
    """Run it; on an error print it and exit with its status.

    Before, name variables that are no settings, on standard error.
    """
    for variable in known_settings.unknown():
        say(escaped(f"Warning: {variable}"), colour="yellow", err=True)
    with _explained(as_json=as_json):
        asyncio.run(_awaited(work))


def operation(
    work: Callable[Concatenate[Clients, Given], Awaitable[None]],
) -> Callable[Given, None]:
    """Make a command with `--json` of `work`, which gets the clients as first argument."""

    @json_option
    @functools.wraps(work)
    def command(*args: Given.args, **given: Given.kwargs) -> None:
        async def with_clients() -> None:
            async with found_services() as clients:
                # A program expects nothing but JSON on standard error.
                if not given["as_json"]:
                    clients.on_wait = functools.partial(click.echo, err=True)
                await work(clients, *args, **given)

        run_or_explain(with_clients(), as_json=bool(given["as_json"]))

    return command


def checked(
    check: Callable[..., None],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run `check` on the options first; it raises UsageError for invalid combinations."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            check(**given)
            command(**given)

        return run

    return decorate


def reads(
    name: str, read: Callable[[Any], Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace the value of the option `name` by what `read` returns for it.

    Before the event loop starts: in it, Ctrl-C does not interrupt a read that waits.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            with _explained(as_json=bool(given["as_json"])):
                given[name] = read(given[name])
            command(**given)

        return run

    return decorate


def read_document(file: BinaryIO) -> dict[str, Any]:
    """Read a JSON object from a file; raises OperatorError when it is not one."""
    try:
        text = file.read().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise OperatorError(f"The document cannot be read: {error.strerror or error}.") from error
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise OperatorError("The document is not UTF-8.", code=MALFORMED) from error
    try:
        document = parse(text)
    except TooDeep as error:
        raise OperatorError(f"{error}.", code=MALFORMED) from error
    except orjson.JSONDecodeError as error:
        raise OperatorError(f"The document is not JSON: {error}", code=MALFORMED) from error
    if not isinstance(document, dict):
        raise OperatorError("The document must be a JSON object.", code=ErrorCode.INVALID_REQUEST)
    return document


async def _awaited(work: Awaitable[None]) -> None:
    await work


def password_from_stdin(is_given: bool) -> SecretStr | None:
    """Return the first line of standard input if the flag is given; raises UsageError if none."""
    return SecretStr(_line_from_stdin("password")) if is_given else None


def url_from_stdin(is_given: bool) -> str | None:
    """Return the first line of standard input if the flag is given; raises UsageError if none."""
    return _line_from_stdin("URL") if is_given else None


def _line_from_stdin(what: str) -> str:
    try:
        # It is None if the process was started with it closed.
        line = b"" if sys.stdin is None else sys.stdin.buffer.readline()
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"The {what} on standard input is not valid UTF-8.") from error
    if not text:
        raise click.UsageError(f"There is no {what} on standard input.")
    return text
