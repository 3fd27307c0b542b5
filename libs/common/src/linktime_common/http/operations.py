"""Operations: descriptions, models and errors of handlers for the OpenAPI document."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from linktime_common.errors import Refusal

SECONDS = 3.0
"""The default time limit of a public API request."""

Refusals = dict[type[Refusal] | Refusal, str]
"""Refusals, each with a description of when it occurs; an instance if it has parameters."""


@dataclass(frozen=True)
class TextReply:
    """An example of a response that is not JSON, with its media type."""

    media_type: str
    example: str


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

Location = Callable[[str, Mapping[str, Any]], str]
"""The address of a new resource, from the request's path and the body of the answer."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The description and models of a route; the same models validate and serialize.

    `reply` is an example response, whose class is its schema; `page_of` instead is an example entry
    of a list. `body_example` is a raw JSON body. `errors` are refusals beyond the common ones, one
    for each status, with a description of when; the example is the refusal's own sentence. `also`
    are other statuses with the same response, with a description of when; 304 has no body. `text`
    is an example response that is not JSON, `file` the media type of one that is not text.
    `idempotent` adds the Idempotency-Key header and 422. `location` is the address of what a 201
    made, if it can be read. `conditional` adds an ETag to a 200, and 304. `compressible` says that
    a 200 has no text of strangers beside anything confidential, so that it may be compressed.
    `seconds` is the gateway's time limit. `name` replaces the name from method and path.
    """

    summary: str
    tag: str
    description: str | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_example: Any = None
    reply: BaseModel | None = None
    page_of: BaseModel | None = None
    text: TextReply | None = None
    file: str | None = None
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    errors: Refusals = field(default_factory=dict)
    idempotent: bool = False
    location: Location | None = None
    conditional: bool = False
    compressible: bool = False
    seconds: float = SECONDS
    name: str | None = None

    def __call__(self, handler: Handler) -> "DescribedHandler":
        """Decorate a handler with this operation."""
        return DescribedHandler(handler, self)


@dataclass(frozen=True)
class DescribedHandler:
    """A handler with its operation."""

    handler: Handler
    operation: Operation
