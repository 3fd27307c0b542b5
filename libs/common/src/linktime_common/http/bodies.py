"""Request bodies and query parameters, JSON responses."""

from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from linktime_common import json_input
from linktime_common.errors import InvalidRequest
from linktime_common.http import media_types
from linktime_common.http.auth import CALLER
from linktime_common.http.errors import MalformedJson, NotJson
from linktime_common.http.fields import TIMEZONE
from linktime_common.http.validation import details_of

Model = TypeVar("Model", bound=BaseModel)

MOST_BYTES = 1024 * 1024
MOST_OFFSET = 2**62


async def read(request: web.Request, model: type[Model]) -> Model:
    """Parse the body as `model`; an empty body counts as `{}`.

    Raises NotJson (415), MalformedJson, TooDeep or InvalidRequest (400), and aiohttp's
    HTTPRequestEntityTooLarge (413).
    """
    return _validated(model, await read_json(request), request)


async def read_json(request: web.Request) -> Any:
    """Parse the body as JSON; raises as `read` does."""
    raw = await request.read()
    if not raw.strip():
        return {}
    content_type = request.headers.get(hdrs.CONTENT_TYPE)
    if content_type is not None and not media_types.is_json(content_type):
        raise NotJson
    try:
        return json_input.parse(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedJson from error


def read_query(request: web.Request, model: type[Model]) -> Model:
    """Parse the query as `model`, the first value of each name; raises InvalidRequest (400)."""
    return _validated(model, query_of(request), request)


def query_of(request: web.Request) -> dict[str, str]:
    """Return the query, the first value of each name."""
    parameters: dict[str, str] = {}
    for name, value in request.query.items():
        parameters.setdefault(name, value)
    return parameters


def _validated(model: type[Model], value: Any, request: web.Request) -> Model:
    # Only request data is validated here: an invalid value of our own is not the caller's error.
    caller = request.get(CALLER)
    try:
        return model.model_validate(value, context={TIMEZONE: caller.timezone if caller else None})
    except ValidationError as error:
        raise InvalidRequest(details_of(error)) from error


def reply(body: BaseModel, status: int = 200) -> web.Response:
    """Return a response with `body` as JSON."""
    return reply_json(body.model_dump(mode="json"), status)


def reply_json(body: Any, status: int = 200) -> web.Response:
    """Return a response with any value that orjson can serialize."""
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


def reply_list(data: Sequence[BaseModel], *, page: int, limit: int, total: int) -> web.Response:
    """Return one page of a list: `{data, pagination: {page, limit, total, totalPages}}`."""
    return reply_json(list_body(data, page=page, limit=limit, total=total))


def list_body(data: Sequence[BaseModel], *, page: int, limit: int, total: int) -> dict[str, Any]:
    """Return the body of `reply_list`."""
    return {
        "data": [item.model_dump(mode="json") for item in data],
        "pagination": {
            "page": page,
            "limit": limit,
            "total": total,
            "totalPages": -(-total // limit),
        },
    }


def offset(page: int, limit: int) -> int:
    """Return the rows to skip, capped: an absurd page number is past the end, not an overflow."""
    return min((page - 1) * limit, MOST_OFFSET)


def invalid(field: str, sentence: str) -> InvalidRequest:
    """Return a 400 about one field, for checks that need more than the model."""
    return InvalidRequest({field: sentence})
