"""The response header that names the query parameters that an operation does not have."""

from collections.abc import Iterable, MutableMapping
from functools import cache
from typing import Final
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel

from linktime_common.http.operations import Operation

IGNORED_PARAMETERS: Final = "LinkTime-Ignored-Parameters"
MOST_CHARACTERS = 500
MOST_NAME_CHARACTERS = 50
SEPARATOR = ", "


def name_ignored(
    request: web.BaseRequest, headers: MutableMapping[str, str], operation: Operation | None
) -> None:
    """Add the header for a request to `operation` with parameters that it does not have."""
    if operation is None or not request.rel_url.raw_query_string:
        return
    ignored = ignored_names(request.query.keys(), _parameters(operation.query))
    if ignored:
        headers[IGNORED_PARAMETERS] = ignored


def ignored_names(given: Iterable[str], known: frozenset[str]) -> str:
    """Return the names that are not known, sorted, as the value of a header.

    A name is shortened and percent-encoded as in a URL, so that the value has no comma, control or
    other character with a meaning in a header. Names that do not fit into the value are left out.
    """
    names = (name[:MOST_NAME_CHARACTERS] for name in given if name not in known)
    encoded = sorted({quote(name, safe="", errors="replace") for name in names if name})
    value = ""
    for name in encoded:
        longer = f"{value}{SEPARATOR}{name}" if value else name
        if len(longer) > MOST_CHARACTERS:
            break
        value = longer
    return value


@cache
def _parameters(query: type[BaseModel] | None) -> frozenset[str]:
    fields = {} if query is None else query.model_fields
    return frozenset(field.alias or name for name, field in fields.items())
