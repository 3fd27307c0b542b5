"""Output of commands: JSON for programs, with all fields; tables for people, with some columns.

Stored and external texts may contain control characters, so terminals get them escaped.
"""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import orjson

from linktime_common.texts import escaped
from linktime_operator.errors import OperatorError
from linktime_operator.tables import NOTHING, aligned, table

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from pydantic import BaseModel

Row = Mapping[str, Any]


def as_row(model: "BaseModel") -> dict[str, Any]:
    """Return all fields of the model, in camelCase as on the wire."""
    return model.model_dump(mode="json")


def show(row: Row, columns: Sequence[str] | None = None, *, as_json: bool) -> None:
    """Print one object: all of it as JSON, or these columns, by default all, line by line."""
    if as_json:
        _print(json_line(row))
    else:
        wanted = row.keys() if columns is None else columns
        _print(aligned([(name, _text(row[name])) for name in wanted]))


def show_list(
    rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, last_is_whole: bool = False
) -> None:
    """Print a JSON array with all fields, or a table with these columns.

    On a terminal long texts are cut; those of the last column are not if `last_is_whole`.
    """
    if as_json:
        _print(json_line(list(rows)))
    elif rows:
        texts = [[_text(row.get(name)) for name in columns] for row in rows]
        _print(table(columns, texts, last_is_whole=last_is_whole))
    else:
        _print("none")


def show_page(page: Row, columns: Sequence[str], *, as_json: bool) -> None:
    """Print a page: all of it as JSON, or a table, with its number if there are several."""
    if as_json:
        _print(json_line(page))
        return
    show_list(page["data"], columns, as_json=False)
    pagination = page["pagination"]
    if pagination["totalPages"] > 1:
        click.echo(f"page {pagination['page']} of {pagination['totalPages']}", err=True)


def show_lines(text: str) -> None:
    """Print a text of several lines."""
    _print(lines(text))


def json_line(value: Any) -> str:
    """Return the value as one line of JSON."""
    return escaped(orjson.dumps(value).decode())


def lines(text: str) -> str:
    """Return several lines for a terminal, with control characters escaped."""
    return "\n".join(map(escaped, text.split("\n")))


def show_error(error: OperatorError, *, as_json: bool) -> None:
    """Print why a command failed, on standard error."""
    if as_json:
        fields = {"code": error.code, "details": error.details, **error.more}
        sent = {name: value for name, value in fields.items() if value}
        print(json_line({"error": readable(str(error)), **sent}), file=sys.stderr)
        return
    say(lines(str(error)), colour="red", err=True)
    for name, why in error.details.items():
        click.echo(escaped(f"  {name}: {why}"), err=True)


def say(text: str, *, colour: str, err: bool = False) -> None:
    """Print a line, in colour if the terminal supports it and NO_COLOR is not set."""
    click.echo(text if os.environ.get("NO_COLOR") else click.style(text, fg=colour), err=err)


def readable(text: str) -> str:
    """Return the text with bytes that are not UTF-8, in a file name for example, escaped."""
    return text.encode(errors="backslashreplace").decode()


def watch_output() -> None:
    """Let `abandon_output` recognize errors of writing standard output, by whatever prints."""
    given = sys.stdout
    if given is sys.__stdout__ and isinstance(given, io.TextIOWrapper):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(given.fileno(), "wb", closefd=False)),
            encoding=given.encoding,
            errors=given.errors,
            line_buffering=given.line_buffering,
        )


def abandon_output(error: OSError) -> bool:
    """Return whether `error` is one of writing standard output.

    Its unwritten part is then discarded, so that the interpreter does not retry it at exit.
    """
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if not isinstance(raw, _Output) or raw.failure is not error:
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), raw.fileno())
    return True


class _Output(io.FileIO):
    """Standard output, with the error of the last write that failed."""

    failure: OSError | None = None

    def write(self, data: "ReadableBuffer") -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.failure = error
            raise


def _print(text: str) -> None:
    # Flush, so that a full disk is an error of the command.
    print(text, flush=True)


def _text(value: Any) -> str:
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case list():
            return escaped(", ".join(map(str, value)))
        case dict():
            return json_line(value)
        case _:
            return escaped(str(value))
