"""A crowd of callers while availability is slow."""

import asyncio
from collections import Counter
from dataclasses import replace

from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import FakeAvailability
from services.bookings.tests.rows import events

from linktime_common.http.client import open_session
from linktime_common.http.places import MOST_AT_ONCE, MOST_WAITING
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually


async def test_a_crowd_gets_some_bookings_and_quick_refusals(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """At most as many as there are places reach availability, which replies after a refusal."""
    availability.reply_gate = asyncio.Event()
    crowd = MOST_AT_ONCE + MOST_WAITING + 40
    async with open_session() as session:  # without a limit of connections
        callers = Caller(replace(host.service, session=session), host.host_id)
        books = (callers.book(slot(number), key=f"{number}") for number in range(crowd))
        asked = [asyncio.ensure_future(book) for book in books]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert {one.result().status for one in done} == {503}
        assert len(availability.calls) <= MOST_AT_ONCE
        availability.reply_gate.set()
        replies = await asyncio.gather(*asked)
    statuses = Counter(reply.status for reply in replies)
    assert statuses[201] > 0
    assert statuses[201] + statuses[503] == crowd
    assert len(await events(database)) == statuses[201]


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
