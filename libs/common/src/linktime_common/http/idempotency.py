"""Idempotent writes: a repeat with the same Idempotency-Key gets the first response."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import orjson
from aiohttp import web

from linktime_common.errors import InvalidRequest, Refusal, Unavailable
from linktime_common.http.bodies import invalid, read_json
from linktime_common.http.errors import SENTENCES, StatusTable, error_body, error_reply
from linktime_common.http.turns import ARRIVED
from linktime_common.idempotency import KeyReused, Record, WriteAttempt, WriteReply
from linktime_common.postgres import Database

HEADER = "Idempotency-Key"
INVALID_KEY = "Must have 1 to 255 printable ASCII characters"
REPLAYED = "Idempotent-Replayed"
"""`true` in a stored response: nothing was done this time."""
MARGIN_SECONDS = 1.0  # a claim ends this long after its request
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.2

_KEY = re.compile(r"[\x20-\x7e]{1,255}")

Result = TypeVar("Result")


async def answer_once(
    request: web.Request,
    database: Database,
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    *,
    scope: str,
    render: Callable[[Result], WriteReply],
    statuses: StatusTable,
    seconds: float,
    memory: Mapping[str, str] | None = None,
    pepper: str = "",
) -> web.Response:
    """Respond with `render(await act(attempt))`, at most once for each Idempotency-Key and `scope`.

    `scope` identifies the key's owner; `seconds` is the time limit of the whole request, waiting
    for its turn and for an earlier one with the same key included. A write that exceeds it is
    cancelled and rolled back, and the key is free for a repeat; if it is cancelled in COMMIT, a
    repeat with the key finds the outcome. `pepper` is a secret of the caller, stored nowhere, for
    bodies that could be guessed from their hash, such as a password. Raises InvalidRequest for a
    malformed key, Unavailable on timeout, and whatever `act` raises.
    """
    deadline = request.get(ARRIVED, asyncio.get_running_loop().time()) + seconds
    key = request.headers.get(HEADER)
    if key is None:
        async with _in_time(deadline):
            return _rendered(render(await act(WriteAttempt(memory or {}, deadline, render))))
    if not _KEY.fullmatch(key):
        raise invalid(HEADER, INVALID_KEY)
    name = (scope, key, request.method, request.path)
    record = Record(database, name, await read_json(request), pepper)
    lease = timedelta(seconds=seconds + MARGIN_SECONDS)
    try:
        async with _in_time(deadline):
            claimed = await _claim_or_answer(record, memory or {}, lease, deadline)
    except KeyReused:
        return error_reply(422, SENTENCES[422])
    if isinstance(claimed, web.Response):
        return claimed
    return await _work(
        record, WriteAttempt(claimed, deadline, render, record), act, render, statuses
    )


@asynccontextmanager
async def _in_time(deadline: float) -> AsyncIterator[None]:
    """Cancel the block at `deadline`; raises Unavailable."""
    try:
        async with asyncio.timeout_at(deadline) as limit:
            yield
    except TimeoutError as error:
        if limit.expired():
            raise Unavailable("the request timed out") from error
        raise


async def _claim_or_answer(
    record: Record, memory: Mapping[str, str], lease: timedelta, deadline: float
) -> dict[str, str] | web.Response:
    pause = FIRST_PAUSE_SECONDS
    while True:
        claimed = await record.claim(memory, lease)
        if claimed is not None:
            return claimed
        if (answered := await record.answer()) is not None:
            response = _reply(*answered)
            response.headers[REPLAYED] = "true"
            return response
        if asyncio.get_running_loop().time() + pause > deadline:
            raise Unavailable("the first request with this key is still in progress")
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _work(
    record: Record,
    attempt: WriteAttempt[Result],
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    render: Callable[[Result], WriteReply],
    statuses: StatusTable,
) -> web.Response:
    try:
        async with _in_time(attempt.deadline):
            return _rendered(await _settled(record, attempt, act, render, statuses))
    except (Refusal, InvalidRequest):
        raise
    except BaseException:
        await record.release()
        raise


async def _settled(
    record: Record,
    attempt: WriteAttempt[Result],
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    render: Callable[[Result], WriteReply],
    statuses: StatusTable,
) -> WriteReply:
    """Run `act` and store its response; a refusal is stored and raised."""
    try:
        result = await act(attempt)
    except Refusal as refusal:
        body = {**error_body(refusal.sentence, refusal.code), **refusal.more}
        await record.settle(statuses[type(refusal)], orjson.dumps(body))
        raise
    except InvalidRequest:
        await record.settle(400, b"")
        raise
    answer = render(result)
    if not attempt.is_kept:
        await record.settle(answer.status, orjson.dumps(answer.body))
    return answer


def _rendered(answer: WriteReply) -> web.Response:
    return _reply(answer.status, orjson.dumps(answer.body))


def _reply(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")
