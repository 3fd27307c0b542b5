"""The OpenAPI 3.1 description of a service's routes, from the models that validate them.

https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from linktime_common.http.bodies import reply_json
from linktime_common.http.operations import COMMON_ERRORS, Operation
from linktime_common.http.routes import OPEN, Route
from linktime_common.identity import Door

REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SECURITY: dict[Door, dict[str, list[str]]] = {
    Door.API_KEY: {"apiKey": []},
    Door.SESSION: {"session": []},
    Door.PUBLIC: {},
}
_WORDS = {
    400: "A parameter or the body is wrong; `details` names each field",
    401: "The key is missing, invalid, expired or inactive",
    403: "The request does not come from the dashboard's own pages",
    422: "The Idempotency-Key was used with another body",
    429: "Too many requests; `Retry-After` says when to try again",
    503: "A service is away or too slow; a write may have happened, so repeat it with its key",
}

_IN_PATH = {
    "id": "Its id; a malformed one is 404",
    "slug": "The event type's slug",
    "username": "The host's username",
    "date": "A local date, such as 2026-03-01",
    "token": "From the invitee's signed link",
}
# What could be read in two ways is refused before anything is looked up.
_SEGMENT = r"^[^./\\#\x00-\x1f\x7f][^/\\#\x00-\x1f\x7f]*$"

Mode = Literal["validation", "serialization"]


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """`{"paths": …, "schemas": …}` of every route with an operation."""
    described = [(route, route.operation) for route in routes if route.operation is not None]
    models: dict[tuple[type[BaseModel], Mode], None] = {}
    for _route, operation in described:
        models |= dict.fromkeys(_models(operation))
    refs, schemas = models_json_schema(list(models), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, operation, refs)
    return {"paths": paths, "schemas": schemas.get("$defs", {})}


def description_route(routes: Sequence[Route]) -> Route:
    """`/internal/openapi.json` of a service whose public routes these are."""
    described = describe(routes)

    async def get_description(_request: web.Request) -> web.Response:
        return reply_json(described)

    return Route("GET", "/internal/openapi.json", get_description, OPEN)


def _models(operation: Operation) -> Iterable[tuple[type[BaseModel], Mode]]:
    if operation.body is not None:
        yield operation.body, "validation"
    answered = operation.reply or operation.page_of
    if answered is not None:
        yield answered, "serialization"


def _operation(route: Route, operation: Operation, refs: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _name(route),
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _security(route),
        "parameters": [*_path(route), *_query(operation), *_headers(operation)],
        "responses": {
            **{
                str(status): _answer(words, operation, refs)
                for status, words in _successes(operation).items()
            },
            **{str(status): _error(words) for status, words in _errors(route, operation).items()},
        },
    }
    if operation.description:
        described["description"] = operation.description
    if operation.body is not None:
        content: dict[str, Any] = {"schema": refs[operation.body, "validation"]}
        if operation.body_example is not None:
            content["example"] = operation.body_example
        required = any(field.is_required() for field in operation.body.model_fields.values())
        described["requestBody"] = {
            "required": required,
            "content": {"application/json": content},
        }
    return described


def _security(route: Route) -> list[dict[str, list[str]]]:
    ways = [_SECURITY[door] for door in sorted(route.doors) if door in _SECURITY]
    # A cookie travels by itself, so a change also needs what only the dashboard's pages know.
    return [way | {"csrf": []} if way and _proves_its_origin(route) else way for way in ways]


def _proves_its_origin(route: Route) -> bool:
    return Door.SESSION in route.doors and route.method != "GET"


def _name(route: Route) -> str:
    words = re.findall(r"\w+", route.path.removeprefix("/api/"))
    return "_".join([route.method.lower(), *words])


def _path(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            **({"description": _IN_PATH[name]} if name in _IN_PATH else {}),
            "schema": {"type": "string", "pattern": _SEGMENT},
        }
        for name in _PARAMETER.findall(route.path)
    ]


def _query(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(by_alias=True, ref_template=REF)
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            **({"description": given.pop("description")} if "description" in given else {}),
            "schema": _without_null(given),
        }
        for name, given in schema.get("properties", {}).items()
    ]


def _without_null(given: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which can be left out but cannot say null."""
    told = {name: value for name, value in given.items() if (name, value) != ("default", None)}
    if "anyOf" not in told:
        return told
    kinds = [kind for kind in told.pop("anyOf") if kind != {"type": "null"}]
    return told | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.idempotent:
        return []
    return [{"$ref": "#/components/parameters/IdempotencyKey"}]


def _successes(operation: Operation) -> dict[int, str]:
    return {operation.status: operation.summary, **operation.also}


def _answer(words: str, operation: Operation, refs: dict[Any, Any]) -> dict[str, Any]:
    if operation.page_of is not None:
        schema: dict[str, Any] = {
            "type": "object",
            "required": ["data", "pagination"],
            "properties": {
                "data": {"type": "array", "items": refs[operation.page_of, "serialization"]},
                "pagination": {"$ref": "#/components/schemas/Pagination"},
            },
        }
    elif operation.reply is not None:
        schema = refs[operation.reply, "serialization"]
    else:
        return {"description": words}
    content: dict[str, Any] = {"schema": schema}
    if operation.reply_example is not None:
        content["example"] = operation.reply_example
    return {"description": words, "content": {"application/json": content}}


def _errors(route: Route, operation: Operation) -> dict[int, str]:
    found = {status: _WORDS[status] for status in COMMON_ERRORS}
    if not route.doors & {Door.API_KEY, Door.SESSION}:
        del found[401]
    if operation.body or operation.query or operation.idempotent or "{" in route.path:
        found[400] = _WORDS[400]
    if operation.body is not None:
        found |= {
            408: "The body did not arrive within 10 s",
            413: "The body is larger than 1 MiB",
            415: "The body is not JSON",
        }
    if operation.idempotent:
        found[422] = _WORDS[422]
    if _proves_its_origin(route):
        found[403] = _WORDS[403]
    return dict(sorted((found | dict(operation.errors)).items()))


def _error(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
