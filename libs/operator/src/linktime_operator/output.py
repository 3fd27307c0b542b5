"""What a command prints: JSON for programs, a tidy table for people."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

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
        print(orjson.dumps(row).decode())
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in row.items():
        table.add_row(name, _text(value))
    Console().print(table, highlight=False)


def show_list(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Several alike: a JSON array, or a table with these columns."""
    if as_json:
        print(orjson.dumps(list(rows)).decode())
        return
    if not rows:
        print("none")
        return
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_text(row.get(column)) for column in columns))
    Console().print(table, highlight=False)


def show_error(error: Exception, *, as_json: bool) -> None:
    """Why a command could not do it, on standard error."""
    details = error.details if isinstance(error, OperatorError) else {}
    if as_json:
        body: dict[str, Any] = {"error": str(error)}
        if details:
            body["details"] = details
        print(orjson.dumps(body).decode(), file=sys.stderr)
        return
    click.secho(str(error), fg="red", err=True)
    for name, why in details.items():
        click.echo(f"  {name}: {why}", err=True)


def _text(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return orjson.dumps(value).decode()
        case _:
            return str(value)
