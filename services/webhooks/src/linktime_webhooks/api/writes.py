"""Whose webhooks a request is about, and how every write is answered."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web

from linktime_common.http import auth, bodies
from linktime_common.http.idempotency import answer_once
from linktime_common.http.models import Done
from linktime_common.idempotency import Answer, Attempt
from linktime_common.identity import Door
from linktime_common.ids import parse_id
from linktime_webhooks.api.errors import STATUSES
from linktime_webhooks.deps import DEPS

# Inside the three seconds that the gateway gives; looking a new URL's address up comes before.
WRITE_SECONDS = 1.5

Result = TypeVar("Result")


def owner_id(request: web.Request) -> UUID:
    """The user of the session, or the one whom the operator names in the path."""
    if auth.caller(request).door is not Door.OPERATOR:
        return auth.user_id(request)
    named = parse_id(request.match_info["user_id"])
    if named is None:
        raise bodies.invalid("userId", "Not an id")
    return named


async def write(
    request: web.Request,
    act: Callable[[Attempt[Result]], Awaitable[Result]],
    render: Callable[[Result], Answer],
) -> web.Response:
    """Answer with `render(await act(attempt))`, once for each Idempotency-Key of the owner."""
    return await answer_once(
        request,
        request.app[DEPS].database,
        act,
        scope=f"user {owner_id(request)}",
        render=render,
        statuses=STATUSES,
        seconds=WRITE_SECONDS,
    )


def done(_result: Any) -> Answer:
    """The answer of a write without a result."""
    return Answer(200, Done().model_dump(mode="json"))
