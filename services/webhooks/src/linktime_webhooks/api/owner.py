"""The owner of the webhooks that a request is about."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from aiohttp import web

from linktime_common.http import auth, bodies
from linktime_common.http.writes import WRITE_SECONDS, write
from linktime_common.idempotency import WriteAttempt, WriteReply, user_scope
from linktime_common.identity import CallerKind
from linktime_common.ids import parse_id
from linktime_webhooks.deps import DEPS

RESOLVE_SECONDS = 1.0
"""Time limit of the name lookup for a new URL, which precedes the write."""

Result = TypeVar("Result")


def owner_id(request: web.Request) -> UUID:
    """Return the session's user, or the user that the operator names in the path."""
    if auth.caller(request).caller_kind is not CallerKind.OPERATOR:
        return auth.user_id(request)
    named = parse_id(request.match_info["user_id"])
    if named is None:
        raise bodies.invalid("userId", "Not an id")
    return named


async def write_for_owner(
    request: web.Request,
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    render: Callable[[Result], WriteReply],
) -> web.Response:
    """Reply with `render(await act(attempt))`, once for each Idempotency-Key of the owner."""
    return await write(
        request,
        request.app[DEPS].database,
        act,
        render,
        scope=user_scope(owner_id(request)),
        seconds=WRITE_SECONDS - RESOLVE_SECONDS,
    )
