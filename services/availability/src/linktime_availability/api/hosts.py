"""Hosts, for other services."""

from aiohttp import web

from linktime_availability.deps import DEPS
from linktime_availability.domain.event_type import MOST_LISTED_AT_ONCE, EventType
from linktime_availability.store import event_types
from linktime_availability.use_cases.find_host import find_host_by_username
from linktime_common.contracts.internal_api.availability import (
    HostPage,
    PublicEventType,
    Question,
)
from linktime_common.http import bodies


async def get_host(request: web.Request) -> web.Response:
    deps, username = request.app[DEPS], request.match_info["username"]
    host = await find_host_by_username(username, deps)
    async with deps.database.connection() as connection:
        found = await event_types.list_active(
            connection, host_id=host.id, limit=MOST_LISTED_AT_ONCE
        )
    return bodies.reply(
        HostPage(
            id=host.id,
            username=host.username,
            name=host.name,
            timezone=host.timezone,
            active=host.active,
            event_types=[_public(event_type) for event_type in found],
        )
    )


def _public(event_type: EventType) -> PublicEventType:
    return PublicEventType(
        id=event_type.id,
        name=event_type.name,
        slug=event_type.slug,
        description=event_type.description,
        duration_minutes=event_type.rules.duration_minutes,
        location=event_type.location,
        questions=[Question.model_validate(question) for question in event_type.questions],
    )
