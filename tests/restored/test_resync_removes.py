"""`linktime resync` removes what the owner does not know, and nothing that is made meanwhile."""

import asyncio
from uuid import uuid4

import pytest
from tests.hosts import Host, rows
from tests.restored.damage import booked, forget, reservation_of

from linktime_operator.errors import OperatorError
from linktime_operator.operations.resync import Progressed, resync
from linktime_operator.stack.stack import Stack

ACCOUNT = "SELECT FROM accounts WHERE id = $1"
HIDE_BOOKINGS = """
    DO $$ BEGIN
        ALTER TABLE bookings RENAME TO hidden_bookings;
        CREATE TABLE bookings (LIKE hidden_bookings);
    END $$
"""
SHOW_BOOKINGS = """
    DO $$ BEGIN
        DROP TABLE bookings;
        ALTER TABLE hidden_bookings RENAME TO bookings;
    END $$
"""
MEETING = "SELECT FROM meetings WHERE booking_id = $1"


async def resynced(stack: Stack, service: str) -> Progressed:
    """Return the totals."""
    return [total async for total in resync(stack.clients, service)][-1]


async def test_what_the_owner_does_not_know_is_removed(stack: Stack, host: Host) -> None:
    """The reservation, the version and the meeting of a lost booking; its time is free again."""
    start, other, *_ = (await host.slots())[::3]
    lost, kept = await booked(host, start), await booked(host, other)
    await forget(host, lost)
    assert start not in await host.slots()

    assert (await resynced(stack, "availability")).removed == 2
    assert (await resynced(stack, "contacts")).removed == 1

    assert await reservation_of(host, lost) == []
    assert await reservation_of(host, kept) == ["confirmed"]
    assert start in await host.slots()
    assert not await rows(stack, "contacts", MEETING, lost)
    assert await rows(stack, "contacts", MEETING, kept)
    for service in ("availability", "contacts"):
        assert await resynced(stack, service) == Progressed(
            read=(await resynced(stack, service)).read
        )


async def test_rows_that_are_lacking_are_counted_as_added(stack: Stack, host: Host) -> None:
    """And older ones as changed."""
    start, other, *_ = (await host.slots())[::3]
    lacking, older = await booked(host, start), await booked(host, other)
    await rows(stack, "contacts", "DELETE FROM meetings WHERE booking_id = $1", lacking)
    await rows(stack, "contacts", "UPDATE meetings SET version = 0 WHERE booking_id = $1", older)

    done = await resynced(stack, "contacts")

    assert (done.added, done.changed, done.removed) == (1, 1, 0)


async def test_an_account_that_scim_does_not_know_is_removed(stack: Stack, host: Host) -> None:
    """Its key ends, and the public page is gone; other accounts stay."""
    copy = """
        INSERT INTO accounts
        SELECT (jsonb_populate_record(a, jsonb_build_object('id', $2::text))).*
          FROM accounts a
         WHERE a.id = $1
    """
    ghost = uuid4()
    await rows(stack, "gateway", copy, host.id, str(ghost))

    assert (await resynced(stack, "gateway")).removed == 1

    assert not await rows(stack, "gateway", ACCOUNT, ghost)
    assert await rows(stack, "gateway", ACCOUNT, host.id)
    assert (await resynced(stack, "gateway")).removed == 0


async def test_nothing_is_removed_while_bookings_are_made(stack: Stack, host: Host) -> None:
    """Bookings are made, moved and cancelled throughout several runs."""
    starts = (await host.slots())[::2]
    is_over = asyncio.Event()
    made: list[str] = []

    async def book() -> None:
        for start in starts:
            if is_over.is_set():
                return
            answer = await host.book_until_decided(start)
            assert answer.status == 201, answer
            made.append(answer.body["bookingId"])

    async with asyncio.TaskGroup() as group:
        group.create_task(book())
        while len(made) < 8:
            for service in ("availability", "contacts", "gateway"):
                assert (await resynced(stack, service)).removed == 0
        is_over.set()


async def test_an_owner_without_rows_removes_nothing(stack: Stack, host: Host) -> None:
    """A new database of bookings is an accident, not the truth."""
    booking = await booked(host, (await host.slots())[0])
    await rows(stack, "bookings", HIDE_BOOKINGS)
    try:
        with pytest.raises(OperatorError, match="nothing is removed"):
            await resynced(stack, "contacts")
    finally:
        await rows(stack, "bookings", SHOW_BOOKINGS)
    assert await reservation_of(host, booking) == ["confirmed"]
