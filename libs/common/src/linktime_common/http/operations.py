"""What a handler says of itself: the words, models and errors of the OpenAPI document."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from linktime_common.errors import Refusal

SECONDS = 3.0
"""How long a caller of the public API waits for an answer, unless an operation says otherwise."""

Refusals = dict[type[Refusal] | Refusal, str]
"""Refusals, each with the sentence of when it is given; one that names values as an instance."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The words and models of a route; the models are the ones that validate and answer.

    `reply` is an example of the answer, whose class is its shape; `page_of` instead of it is an
    example of one entry of a list. `body_example` is sent as it is written. `errors` are refusals
    beyond what any operation may answer, one for each status, with the sentence of when: the
    example is the refusal's own sentence. `also` are other statuses that carry the same answer,
    with the sentence of when. `idempotent` adds the Idempotency-Key header and 422. `seconds` is
    the time that the gateway gives a caller's request.
    """

    summary: str
    tag: str
    description: str | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_example: Any = None
    reply: BaseModel | None = None
    page_of: BaseModel | None = None
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    errors: Refusals = field(default_factory=dict)
    idempotent: bool = False
    seconds: float = SECONDS

    def __call__(self, handler: Handler) -> "DescribedHandler":
        """Attach itself to a handler: an operation is a decorator."""
        return DescribedHandler(handler, self)


@dataclass(frozen=True)
class DescribedHandler:
    """A handler with what it says of itself."""

    handler: Handler
    operation: Operation
