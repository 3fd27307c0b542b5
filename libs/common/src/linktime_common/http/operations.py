"""What one operation says of itself in the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

COMMON_ERRORS = (401, 429, 503)
"""What any operation may answer beside its own errors."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The words and models of a route; the models are the ones that validate and answer.

    `errors` are statuses beyond the common ones with the sentence of when: `{404: "No such
    booking, or not yours"}`. 400 and its shape are added where there is a body or a query.
    `page_of` instead of `reply` makes the answer one page of a list. `idempotent` adds the
    Idempotency-Key header and 422.
    """

    summary: str
    tag: str
    description: str | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_example: Any = None
    reply: type[BaseModel] | None = None
    page_of: type[BaseModel] | None = None
    reply_example: Any = None
    status: int = 200
    errors: Mapping[int, str] = field(default_factory=dict)
    idempotent: bool = False
