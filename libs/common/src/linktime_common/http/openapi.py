"""The OpenAPI 3.1 description of a service's routes, from the models that validate them.

https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from linktime_common.http import idempotency
from linktime_common.http.bodies import list_body, reply_json
from linktime_common.http.cursors import CursorPages, cursor_list_body
from linktime_common.http.described_errors import ERRORS
from linktime_common.http.described_schemas import clean, page_name, page_schema
from linktime_common.http.errors import CODES, INVALID, StatusTable, error_body
from linktime_common.http.operation_names import operation_name
from linktime_common.http.operations import Operation
from linktime_common.http.routes import OPEN, Route
from linktime_common.http.validation import details_of
from linktime_common.identity import CallerKind

REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SECURITY: dict[CallerKind, dict[str, list[str]]] = {
    CallerKind.API_KEY: {"apiKey": []},
    CallerKind.SESSION: {"session": []},
    CallerKind.PUBLIC: {},
}
_NOT_SIGNED_IN = "Not signed in, or the session has ended"
_FOREIGN = "The request does not come from the dashboard's own pages"
_ANY = (401, 429, 503)
_CREATED, _NOT_MODIFIED = 201, 304
_UNCHANGED = "The state is the one that `If-None-Match` names"

_IN_PATH = {
    "id": "Its id; a malformed one is 404",
    "slug": "The event type's slug",
    "username": "The host's username",
    "date": "A local date, such as 2026-03-01",
    "token": "From the invitee's signed link",
    "digest": "From `logoUrl`",
}
# Ambiguous segments are rejected before anything is looked up.
_SEGMENT = r"^[^./\\#\x00-\x1f\x7f][^/\\#\x00-\x1f\x7f]*$"

Mode = Literal["validation", "serialization"]


def describe(routes: Iterable[Route], statuses: StatusTable) -> dict[str, Any]:
    """Return `{"paths": …, "schemas": …}` of every route with an operation.

    An error has an example if the operation names the refusal; the other errors have the same text
    everywhere, added when the descriptions are merged.
    """
    described = [(route, route.operation) for route in routes if route.operation is not None]
    models: dict[tuple[type[BaseModel], Mode], None] = {}
    for _route, operation in described:
        models |= dict.fromkeys(_models(operation))
    refs, schemas = models_json_schema(list(models), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in described:
        held = paths.setdefault(route.path, {})
        held[route.method.lower()] = _operation(route, operation, refs, statuses)
    pages = {
        page_name(type(operation.page_of)): page_schema(
            refs[type(operation.page_of), "serialization"],
            REF.format(model=_pagination(operation)),
        )
        for _route, operation in described
        if operation.page_of is not None
    }
    return {"paths": paths, "schemas": clean(schemas).get("$defs", {}) | pages}


def description_route(routes: Sequence[Route], statuses: StatusTable) -> Route:
    """Return the route `/internal/openapi.json` for these public routes."""

    # Made at the first request: few processes get one, and it would take a tenth of their start.
    @cache
    def described() -> dict[str, Any]:
        return describe(routes, statuses)

    async def get_description(_request: web.Request) -> web.Response:
        return reply_json(described())

    return Route("GET", "/internal/openapi.json", get_description, OPEN)


def _models(operation: Operation) -> Iterable[tuple[type[BaseModel], Mode]]:
    if operation.body is not None:
        yield operation.body, "validation"
    answered = operation.reply or operation.page_of
    if answered is not None:
        yield type(answered), "serialization"


def _operation(
    route: Route, operation: Operation, refs: dict[Any, Any], statuses: StatusTable
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name
        or operation_name(route.method, route.path, is_list=operation.page_of is not None),
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _security(route),
        "parameters": [*_path(route), *_query(operation), *_headers(operation)],
        "responses": {
            **{
                str(status): _answer(status, words, operation, refs) | _sent(status, operation)
                for status, words in _successes(operation).items()
            },
            **_errors(route, operation, statuses),
        },
    }
    if operation.description:
        described["description"] = operation.description
    if operation.body is not None:
        content = {
            "schema": refs[operation.body, "validation"],
            "example": operation.body_example,
        }
        required = any(field.is_required() for field in operation.body.model_fields.values())
        described["requestBody"] = {
            "required": required,
            "content": {"application/json": content},
        }
    return described


def _security(route: Route) -> list[dict[str, list[str]]]:
    ways = [
        _SECURITY[caller_kind]
        for caller_kind in sorted(route.caller_kinds)
        if caller_kind in _SECURITY
    ]
    # Browsers send cookies automatically, so a change also needs the CSRF token.
    return [way | {"csrf": []} if way and _proves_its_origin(route) else way for way in ways]


def _proves_its_origin(route: Route) -> bool:
    return CallerKind.SESSION in route.caller_kinds and route.method != "GET"


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
            "schema": _without_null(clean(given)),
        }
        for name, given in schema.get("properties", {}).items()
    ]


def _without_null(given: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter, which can be omitted but not null."""
    if "anyOf" not in given:
        return given
    schema = {name: value for name, value in given.items() if name != "anyOf"}
    kinds = [kind for kind in given["anyOf"] if kind != {"type": "null"}]
    return schema | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.idempotent:
        return []
    return [{"$ref": "#/components/parameters/IdempotencyKey"}]


def _successes(operation: Operation) -> dict[int, str]:
    unchanged = {_NOT_MODIFIED: _UNCHANGED} if operation.conditional else {}
    return {operation.status: operation.summary, **operation.also, **unchanged}


def _sent(status: int, operation: Operation) -> dict[str, Any]:
    """Return references to the response headers of the operation, beside those of all."""
    names: list[str] = []
    if status == _CREATED and operation.location is not None:
        names.append("Location")
    if operation.conditional:
        names.append("ETag")
    if operation.text is not None and _has_cursor(operation):
        names.append("Link")
    if operation.idempotent:
        names.append("Idempotent-Replayed")
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"headers": headers} if headers else {}


def _answer(status: int, words: str, operation: Operation, refs: dict[Any, Any]) -> dict[str, Any]:
    if status == _NOT_MODIFIED:
        return {"description": words}
    if operation.text is not None:
        content = {"schema": {"type": "string"}, "example": operation.text.example}
        return {"description": words, "content": {operation.text.media_type: content}}
    if operation.file is not None:
        content = {"schema": {"type": "string", "format": "binary"}}
        return {"description": words, "content": {operation.file: content}}
    if operation.page_of is not None:
        schema: dict[str, Any] = {"$ref": REF.format(model=page_name(type(operation.page_of)))}
        example = _list_example(operation.page_of, operation)
    elif operation.reply is not None:
        schema = refs[type(operation.reply), "serialization"]
        example = operation.reply.model_dump(mode="json")
    else:
        return {"description": words}
    content = {"schema": schema, "example": example}
    return {"description": words, "content": {"application/json": content}}


def _pagination(operation: Operation) -> str:
    return "CursorPagination" if _has_cursor(operation) else "Pagination"


def _has_cursor(operation: Operation) -> bool:
    return operation.query is not None and issubclass(operation.query, CursorPages)


def _list_example(entry: BaseModel, operation: Operation) -> dict[str, Any]:
    if _has_cursor(operation):
        return cursor_list_body([entry], page=1, limit=20, total=1, following=None)
    return list_body([entry], page=1, limit=20, total=1)


def _errors(route: Route, operation: Operation, statuses: StatusTable) -> dict[str, Any]:
    found = {status: _error(words) for status, words in _common_errors(route, operation).items()}
    if (details := _wrong_fields(operation)) is not None:
        found[400] = _error(ERRORS[400].when, error_body(INVALID, CODES[400], details))
    refused: set[int] = set()
    for refusal, words in operation.errors.items():
        status = statuses[refusal if isinstance(refusal, type) else type(refusal)]
        if status in refused:
            raise ValueError(f"{route.method} {route.path} describes {status} twice")
        refused.add(status)
        found[status] = _error(words, error_body(refusal.sentence, refusal.code))
    return {str(status): found[status] for status in sorted(found)}


def _common_errors(route: Route, operation: Operation) -> dict[int, str]:
    """Return the errors that any route of this kind may return, with descriptions."""
    found = {status: ERRORS[status].when for status in _ANY}
    if CallerKind.SESSION in route.caller_kinds:
        found[401] = _NOT_SIGNED_IN
    elif CallerKind.API_KEY not in route.caller_kinds:
        del found[401]
    if operation.body or operation.query or operation.idempotent or "{" in route.path:
        found[400] = ERRORS[400].when
    if operation.body is not None:
        found |= {status: ERRORS[status].when for status in (408, 413, 415)}
    if operation.idempotent:
        found[422] = ERRORS[422].when
    if _proves_its_origin(route):
        found[403] = _FOREIGN
    return found


def _wrong_fields(operation: Operation) -> dict[str, str] | None:
    """Return the error details of an invalid body or query, by validating one, or of a key."""
    read = operation.body or operation.query
    if read is None:
        return {idempotency.HEADER: idempotency.INVALID_KEY} if operation.idempotent else None
    # Without required fields, use an unknown field in a body and an invalid page in a query.
    for wrong in ({}, {"unknown": ""} if operation.body else {"page": "0"}):
        try:
            read.model_validate(wrong)
        except ValidationError as error:
            return details_of(error)
    return None


def _error(words: str, example: dict[str, Any] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Error"}}
    if example is not None:
        content["example"] = example
    return {"description": words, "content": {"application/json": content}}
