"""Callers that leave before the answer."""

import asyncio

from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import FakeAvailability
from services.bookings.tests.rows import events

from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually


async def test_an_attempt_ends_when_its_caller_leaves(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """The repeat with its key is not held up by it, and books once with the same hold."""
    availability.reply_gate = asyncio.Event()
    first = asyncio.ensure_future(host.book(slot(0), key="k"))
    await eventually(lambda: availability.reservations, what="availability has the request")
    first.cancel()
    await asyncio.wait([first])
    availability.reply_gate.set()
    assert (await host.book(slot(0), key="k")).status == 201
    assert len(availability.reservations) == 1
    assert await events(database) == ["booking.created"]
