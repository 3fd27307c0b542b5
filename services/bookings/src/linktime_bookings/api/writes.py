"""What hosts and invitees alike do to bookings, once for each Idempotency-Key."""

from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from linktime_bookings.api.errors import STATUSES
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.errors import InvalidAnswers
from linktime_bookings.use_cases.book_slot import BOOKING, BookSlot, book_slot
from linktime_bookings.use_cases.cancel_booking import CancelBooking, cancel_booking
from linktime_bookings.use_cases.holding import RESERVATION
from linktime_bookings.use_cases.reschedule_booking import RescheduleBooking, reschedule_booking
from linktime_common.errors import InvalidRequest
from linktime_common.http.idempotency import answer_once
from linktime_common.http.models import Done
from linktime_common.idempotency import Answer, Attempt
from linktime_common.ids import new_id


async def book(
    request: web.Request, command: BookSlot, *, scope: str, render: Callable[[Booking], Answer]
) -> web.Response:
    """Book, and answer with what `render` says of the new booking."""
    deps = request.app[DEPS]
    return await answer_once(
        request,
        deps.database,
        partial(_book, command, deps),
        scope=scope,
        render=render,
        statuses=STATUSES,
        seconds=deps.request_deadline_seconds,
        memory={BOOKING: str(new_id()), RESERVATION: str(new_id())},
    )


async def cancel(request: web.Request, command: CancelBooking, *, scope: str) -> web.Response:
    """Cancel a booking."""
    deps = request.app[DEPS]
    return await answer_once(
        request,
        deps.database,
        partial(cancel_booking, command, deps),
        scope=scope,
        render=_done,
        statuses=STATUSES,
        seconds=deps.request_deadline_seconds,
    )


async def reschedule(
    request: web.Request, command: RescheduleBooking, *, scope: str
) -> web.Response:
    """Move a booking."""
    deps = request.app[DEPS]
    return await answer_once(
        request,
        deps.database,
        partial(reschedule_booking, command, deps),
        scope=scope,
        render=_done,
        statuses=STATUSES,
        seconds=deps.request_deadline_seconds,
        memory={RESERVATION: str(new_id())},
    )


async def _book(command: BookSlot, deps: Deps, attempt: Attempt[Booking]) -> Booking:
    try:
        return await book_slot(command, deps, attempt)
    except InvalidAnswers as refused:
        raise InvalidRequest(refused.problems) from refused


def _done(_result: Any) -> Answer:
    return Answer(200, Done().model_dump(mode="json"))
