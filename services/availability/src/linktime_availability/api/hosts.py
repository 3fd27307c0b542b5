"""Hosts, as other services and the operator ask for them."""

import re

from aiohttp import web

from linktime_availability.api.schemas import NewSchedule, ScheduleBody
from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.event_type import EventType
from linktime_availability.store import event_types
from linktime_availability.use_cases.find_host import find_host_by_username
from linktime_availability.use_cases.set_schedule import set_schedule
from linktime_common.contracts.internal_api.availability import (
    HostPage,
    PublicEventType,
    Question,
)
from linktime_common.http import bodies
from linktime_common.http.paths import path_id

MOST_EVENT_TYPES = 200
_USERNAME = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")


async def get_host(request: web.Request) -> web.Response:
    deps, username = request.app[DEPS], request.match_info["username"]
    if not _USERNAME.fullmatch(username):
        raise HostNotFound
    host = await find_host_by_username(username, deps)
    async with deps.database.connection() as connection:
        found = await event_types.list_active(connection, host_id=host.id, limit=MOST_EVENT_TYPES)
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


async def put_schedule(request: web.Request) -> web.Response:
    host_id = path_id(request, "id", otherwise=HostNotFound)
    schedule = (await bodies.read(request, NewSchedule)).schedule()
    await set_schedule(host_id, schedule, request.app[DEPS])
    return bodies.reply(ScheduleBody.of(schedule))


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
