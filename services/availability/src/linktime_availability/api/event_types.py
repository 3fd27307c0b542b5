"""Event types, as their host and the operator see them."""

from functools import partial

from aiohttp import web

from linktime_availability.api.replies import EventTypeDetail, EventTypeItem
from linktime_availability.api.requests import EventTypeChange, NewEventType
from linktime_availability.api.writes import answer_write
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import EventTypeNotFound, HostNotFound
from linktime_availability.domain.event_type import HostedEventType
from linktime_availability.store import event_types, hosted_event_types, hosts
from linktime_availability.use_cases.change_event_type import ChangeEventType, change_event_type
from linktime_availability.use_cases.make_event_type import make_event_type
from linktime_common.contracts.internal_api.availability import MadeEventType
from linktime_common.http import auth, bodies
from linktime_common.http.models import Paging
from linktime_common.http.paths import path_id


async def list_active(request: web.Request) -> web.Response:
    """What can be booked, as the keyed API lists it."""
    return await _list(request, archived=False)


async def list_all(request: web.Request) -> web.Response:
    """Archived ones too, as the dashboard lists it."""
    return await _list(request, archived=True)


async def _list(request: web.Request, *, archived: bool) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    paging = bodies.read_query(request, Paging)
    page, count = (
        (event_types.list_all, event_types.count_all)
        if archived
        else (event_types.list_active, event_types.count_active)
    )
    async with deps.database.connection() as connection:
        host = await hosts.find(connection, host_id)
        found = await page(
            connection,
            host_id=host_id,
            limit=paging.limit,
            offset=bodies.offset(paging.page, paging.limit),
        )
        total = await count(connection, host_id=host_id)
    # No host, no event types: the rows refer to one another.
    items = [EventTypeItem.of(one, host, deps.public_url) for one in found] if host else []
    return bodies.reply_list(items, page=paging.page, limit=paging.limit, total=total)


async def get_one(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    event_type_id = path_id(request, "id", otherwise=EventTypeNotFound)
    async with deps.database.connection() as connection:
        found = await hosted_event_types.find(
            connection, host_id=auth.user_id(request), event_type_id=event_type_id
        )
    if found is None:
        raise EventTypeNotFound
    return bodies.reply(EventTypeDetail.of_hosted(found, deps.public_url))


async def post_own(request: web.Request) -> web.Response:
    """A host makes one."""
    deps, host_id = request.app[DEPS], auth.user_id(request)
    body = await bodies.read(request, NewEventType)
    event_type = body.event_type(host_id=host_id, created_at=deps.clock.now())
    return await answer_write(
        request,
        host_id,
        partial(make_event_type, event_type, deps),
        partial(EventTypeDetail.of_hosted, public_url=deps.public_url),
        status=201,
    )


async def patch_own(request: web.Request) -> web.Response:
    """A host changes, archives or brings back one."""
    deps, host_id = request.app[DEPS], auth.user_id(request)
    command = ChangeEventType(
        host_id=host_id,
        event_type_id=path_id(request, "id", otherwise=EventTypeNotFound),
        change=(await bodies.read(request, EventTypeChange)).changed,
    )
    return await answer_write(
        request,
        host_id,
        partial(change_event_type, command, deps),
        partial(EventTypeDetail.of_hosted, public_url=deps.public_url),
    )


async def post_for_host(request: web.Request) -> web.Response:
    """The operator makes one."""
    deps = request.app[DEPS]
    host_id = path_id(request, "id", otherwise=HostNotFound)
    body = await bodies.read(request, NewEventType)
    event_type = body.event_type(host_id=host_id, created_at=deps.clock.now())
    return await answer_write(
        request, host_id, partial(make_event_type, event_type, deps), _made, status=201
    )


def _made(hosted: HostedEventType) -> MadeEventType:
    return MadeEventType(id=hosted.event_type.id, slug=hosted.event_type.slug)
