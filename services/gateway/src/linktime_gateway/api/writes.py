"""How the dashboard's writes are answered: once for each Idempotency-Key of their user.

Signing in and out take none: who repeats signing out is signed out, and is told so by a 401.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from linktime_common.http.idempotency import answer_once
from linktime_common.http.models import Done
from linktime_common.idempotency import Answer, Attempt
from linktime_gateway.api.errors import STATUSES
from linktime_gateway.api.own import CALL

WRITE_SECONDS = 9.0  # passwords take their turn; inside the ten seconds that such a route has

Result = TypeVar("Result")


async def write(
    request: web.Request,
    act: Callable[[Attempt[Result]], Awaitable[Result]],
    render: Callable[[Result], Answer],
    *,
    pepper: str = "",
) -> web.Response:
    """Answer with `render(await act(attempt))`; `pepper` as for `answer_once`."""
    call = request[CALL]
    return await answer_once(
        request,
        call.deps.database,
        act,
        scope=f"user {call.user_id}",
        render=render,
        statuses=STATUSES,
        seconds=WRITE_SECONDS,
        pepper=pepper,
    )


def done(_result: None) -> Answer:
    """`{success: true}`."""
    return Answer(200, Done().model_dump(mode="json"))
