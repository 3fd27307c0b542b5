"""What a command prints: JSON for programs, a tidy table for people.

What is stored, and what comes from elsewhere, may have characters that act on a terminal: they are
shown escaped.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson
from pydantic import BaseModel

from linktime_common.texts import escaped
from linktime_operator.errors import OperatorError

Row = Mapping[str, Any]


def as_rows(models: Sequence[BaseModel], *fields: str) -> list[dict[str, Any]]:
    """These fields (in camelCase, as on the wire) of each."""
    return [
        {name: value for name, value in model.model_dump(mode="json").items() if name in fields}
        for model in models
    ]


def show(row: Row, *, as_json: bool) -> None:
    """One thing."""
    if as_json:
        _print(json_line(row))
    else:
        _print(aligned([(name, _text(value)) for name, value in row.items()]))


def show_list(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Several alike: a JSON array, or a table with these columns."""
    if as_json:
        _print(json_line(list(rows)))
    elif rows:
        _print(aligned([columns, *([_text(row.get(name)) for name in columns] for row in rows)]))
    else:
        _print("none")


def json_line(value: Any) -> str:
    """The value as JSON in one line."""
    return escaped(orjson.dumps(value).decode())


def lines(text: str) -> str:
    """Text of several lines."""
    return "\n".join(map(escaped, text.split("\n")))


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest text; never folded, so that all can be copied."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def show_error(error: Exception, *, as_json: bool) -> None:
    """Why a command could not do it, on standard error."""
    details = error.details if isinstance(error, OperatorError) else {}
    if as_json:
        body: dict[str, Any] = {"error": readable(str(error))}
        if details:
            body["details"] = details
        print(json_line(body), file=sys.stderr)
        return
    say(lines(str(error)), colour="red", err=True)
    for name, why in details.items():
        click.echo(escaped(f"  {name}: {why}"), err=True)


def say(text: str, *, colour: str, err: bool = False) -> None:
    """A line in colour, where a terminal shows it and NO_COLOR does not forbid it."""
    click.echo(text if os.environ.get("NO_COLOR") else click.style(text, fg=colour), err=err)


def readable(text: str) -> str:
    """The text where bytes that are not UTF-8, of a file's name for instance, are escaped."""
    return text.encode(errors="backslashreplace").decode()


def abandon_output() -> None:
    """Drop what standard output did not take, so that the end of the process does not retry it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(text: str) -> None:
    # At once, so that a full disk is an error of the command.
    print(text, flush=True)


def _text(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return escaped(", ".join(map(str, value)))
        case dict():
            return json_line(value)
        case _:
            return escaped(str(value))
