"""What a booking page shows to anybody."""

from aiohttp import web

from linktime_availability.api.replies import (
    PublicEventTypeDetail,
    PublicEventTypeItem,
    PublicHostPage,
)
from linktime_availability.api.slots import SlotsQuery, reply_slots
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import EventTypeNotFound
from linktime_availability.domain.event_type import MOST_LISTED_AT_ONCE, is_slug
from linktime_availability.store import event_types
from linktime_availability.use_cases.find_host import find_open_host
from linktime_common.http import bodies


async def get_host(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    host = await find_open_host(request.match_info["username"], deps)
    async with deps.database.connection() as connection:
        found = await event_types.list_active(
            connection, host_id=host.id, limit=MOST_LISTED_AT_ONCE
        )
    return bodies.reply(
        PublicHostPage(
            username=host.username,
            name=host.name,
            timezone=host.timezone,
            event_types=[PublicEventTypeItem.of(one, host, deps.public_url) for one in found],
        )
    )


async def get_event_type(request: web.Request) -> web.Response:
    deps, slug = request.app[DEPS], request.match_info["slug"]
    host = await find_open_host(request.match_info["username"], deps)
    if not is_slug(slug):
        raise EventTypeNotFound
    async with deps.database.connection() as connection:
        found = await event_types.find_active_by_slug(connection, host_id=host.id, slug=slug)
    if found is None:
        raise EventTypeNotFound
    return bodies.reply(PublicEventTypeDetail.of(found, host, deps.public_url))


async def get_slots(request: web.Request) -> web.Response:
    query = bodies.read_query(request, SlotsQuery)
    host = await find_open_host(request.match_info["username"], request.app[DEPS])
    return await reply_slots(request, query, host.id)
