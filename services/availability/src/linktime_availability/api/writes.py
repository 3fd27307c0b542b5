"""How a write of a host or of the operator is answered: once for each Idempotency-Key."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from linktime_availability.api.errors import STATUSES
from linktime_availability.deps import DEPS
from linktime_common.http.idempotency import answer_once
from linktime_common.idempotency import Answer, Attempt

SECONDS = 2.5  # the gateway waits for 3

Result = TypeVar("Result")


async def answer_write(
    request: web.Request,
    host_id: UUID,
    act: Callable[[Attempt[Result]], Awaitable[Result]],
    reply: Callable[[Result], BaseModel],
    *,
    status: int = 200,
) -> web.Response:
    """`reply` of what `act` did, or did the first time; keys are the host's own."""
    return await answer_once(
        request,
        request.app[DEPS].database,
        act,
        scope=f"user {host_id}",
        render=lambda result: Answer(status, reply(result).model_dump(mode="json")),
        statuses=STATUSES,
        seconds=SECONDS,
    )
