"""Where messages and calls are told, in a form that is no provider's own."""

from functools import partial

from aiohttp import web

from linktime_common.http import auth, bodies
from linktime_common.idempotency import Answer
from linktime_contacts.api.ingest_requests import CallRequest, MessageRequest
from linktime_contacts.api.replies import TakenReply
from linktime_contacts.api.writes import write
from linktime_contacts.deps import DEPS
from linktime_contacts.use_cases.take_call import TakeCall, take_call
from linktime_contacts.use_cases.take_message import TakeMessage, take_message
from linktime_contacts.use_cases.taken import Taken


async def post_message(request: web.Request) -> web.Response:
    """Take in a message, or news about one."""
    body = await bodies.read(request, MessageRequest)
    command = TakeMessage(
        owner_id=auth.user_id(request), thread=body.thread(), message=body.message()
    )
    return await write(request, partial(take_message, command, request.app[DEPS]), _taken)


async def post_call(request: web.Request) -> web.Response:
    """Take in a call, or news about one."""
    body = await bodies.read(request, CallRequest)
    command = TakeCall(owner_id=auth.user_id(request), call=body.call())
    return await write(request, partial(take_call, command, request.app[DEPS]), _taken)


def _taken(taken: Taken) -> Answer:
    return Answer(201 if taken.is_new else 200, TakenReply(id=taken.id).model_dump(mode="json"))
