"""Write requests: executed once for each Idempotency-Key of a user."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel

from linktime_common.http import auth
from linktime_common.http.errors import StatusTable
from linktime_common.http.idempotency import answer_once
from linktime_common.http.models import Done
from linktime_common.http.operations import SECONDS
from linktime_common.idempotency import WriteAttempt, WriteReply, user_scope
from linktime_common.postgres import Database

WRITE_SECONDS = SECONDS - 0.5  # less than the gateway's time limit
STATUSES: Final = web.RequestKey[StatusTable]("statuses", Mapping)
"""The refusals of this service and their statuses."""

Result = TypeVar("Result")


async def write(
    request: web.Request,
    database: Database,
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    render: Callable[[Result], WriteReply],
    *,
    scope: str | None = None,
    memory: Mapping[str, str] | None = None,
    seconds: float = WRITE_SECONDS,
    pepper: str = "",
) -> web.Response:
    """Respond with `render(await act(attempt))`; see `answer_once`.

    `scope` identifies the key's owner, by default the calling user.
    """
    return await answer_once(
        request,
        database,
        act,
        scope=scope or user_scope(auth.user_id(request)),
        render=render,
        statuses=request[STATUSES],
        seconds=seconds,
        memory=memory,
        pepper=pepper,
    )


def answer(body: BaseModel, status: int = 200) -> WriteReply:
    """Return the response of a write."""
    return WriteReply(status, body.model_dump(mode="json"))


def done(_result: Any) -> WriteReply:
    """Return `{"success": true}`."""
    return answer(Done())
