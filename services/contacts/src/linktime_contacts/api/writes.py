"""How every write is answered: once for each Idempotency-Key of its owner."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web

from linktime_common.http import auth
from linktime_common.http.idempotency import answer_once
from linktime_common.idempotency import Answer, Attempt
from linktime_contacts.api.errors import STATUSES
from linktime_contacts.deps import DEPS

WRITE_SECONDS = 2.5  # inside the three seconds that the gateway gives

Result = TypeVar("Result")


async def write(
    request: web.Request,
    act: Callable[[Attempt[Result]], Awaitable[Result]],
    render: Callable[[Result], Answer],
    *,
    memory: Mapping[str, str] | None = None,
) -> web.Response:
    """Answer with `render(await act(attempt))`."""
    return await answer_once(
        request,
        request.app[DEPS].database,
        act,
        scope=f"user {auth.user_id(request)}",
        render=render,
        statuses=STATUSES,
        seconds=WRITE_SECONDS,
        memory=memory,
    )
