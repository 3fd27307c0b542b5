"""Event types, as their host and the operator see them."""

from aiohttp import web

from linktime_availability.api.schemas import NewEventType, event_type_detail, event_type_item
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import EventTypeNotFound, HostNotFound
from linktime_availability.store import event_types, hosts, schedules
from linktime_availability.use_cases.make_event_type import make_event_type
from linktime_common.contracts.internal_api.availability import MadeEventType
from linktime_common.http import auth, bodies
from linktime_common.http.models import Paging
from linktime_common.http.paths import path_id


async def list_event_types(request: web.Request) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    paging = bodies.read_query(request, Paging)
    offset = bodies.offset(paging.page, paging.limit)
    async with deps.database.connection() as connection:
        host = await hosts.find(connection, host_id)
        found = await event_types.list_active(
            connection, host_id=host_id, limit=paging.limit, offset=offset
        )
        total = await event_types.count_active(connection, host_id=host_id)
    # No host, no event types: the rows refer to one another.
    items = [event_type_item(one, host, deps.public_url) for one in found] if host else []
    return bodies.reply_list(items, page=paging.page, limit=paging.limit, total=total)


async def get_event_type(request: web.Request) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    event_type_id = path_id(request, "id", otherwise=EventTypeNotFound)
    async with deps.database.connection() as connection:
        found = await event_types.find(connection, host_id=host_id, event_type_id=event_type_id)
        host = await hosts.find(connection, host_id)
        schedule = await schedules.find(connection, host_id)
    if found is None or host is None or schedule is None:
        raise EventTypeNotFound
    return bodies.reply(event_type_detail(found, host, schedule, deps.public_url))


async def post_event_type(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    host_id = path_id(request, "id", otherwise=HostNotFound)
    body = await bodies.read(request, NewEventType)
    event_type = body.event_type(host_id=host_id, created_at=deps.clock.now())
    await make_event_type(event_type, deps)
    return bodies.reply(MadeEventType(id=event_type.id, slug=event_type.slug), status=201)
