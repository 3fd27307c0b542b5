"""Reservations, for the bookings service."""

from typing import Annotated, Literal

from aiohttp import web

from linktime_availability.deps import DEPS
from linktime_availability.domain.errors import ReservationNotFound
from linktime_availability.domain.event_type import read_slug
from linktime_availability.domain.wall_time import DAY_MINUTES
from linktime_availability.store import reservations
from linktime_availability.use_cases.confirm_reservation import confirm_reservation
from linktime_availability.use_cases.find_nearest import find_nearest
from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.reserve import ID_REUSED, reserve
from linktime_common.contracts.internal_api.availability import (
    ExpiredReservations,
    RefusedReservation,
    ReserveRequest,
)
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import QueryModel
from linktime_common.http.models import Done
from linktime_common.http.paths import path_id

MOST_LISTED = 500


class ReservationsQuery(QueryModel):
    """Only expired reservations can be listed."""

    expired: Annotated[Literal["true"], any_case(("true",))]


async def post_reservation(request: web.Request) -> web.Response:
    body = await bodies.read(request, ReserveRequest)
    if not 1 <= (body.reschedule_minutes or 1) <= DAY_MINUTES or body.reschedule_minutes == 0:
        raise bodies.invalid("rescheduleMinutes", f"Must be from 1 to {DAY_MINUTES}")
    if body.event_type_slug is not None:
        slug = read_slug(body.event_type_slug)
        body = body.model_copy(update={"event_type_slug": slug})
    answer = await reserve(body, request.app[DEPS])
    if not isinstance(answer, RefusedReservation):
        return bodies.reply(answer)
    nearest = [] if answer == ID_REUSED else await find_nearest(body, request.app[DEPS])
    return bodies.reply(answer.model_copy(update={"nearest": nearest}), status=409)


async def list_expired(request: web.Request) -> web.Response:
    bodies.read_query(request, ReservationsQuery)
    async with request.app[DEPS].database.connection() as connection:
        found = await reservations.list_expired(connection, limit=MOST_LISTED)
    return bodies.reply(ExpiredReservations(data=found))


async def post_confirm(request: web.Request) -> web.Response:
    reservation_id = path_id(request, "id", otherwise=ReservationNotFound)
    await confirm_reservation(reservation_id, request.app[DEPS])
    return bodies.reply(Done())


async def post_free(request: web.Request) -> web.Response:
    reservation_id = path_id(request, "id", otherwise=ReservationNotFound)
    await free_reservation(reservation_id, request.app[DEPS])
    return bodies.reply(Done())
