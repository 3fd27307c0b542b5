"""`linktime doctor --deep` names every difference between the services; `reconcile` mends them."""

import asyncio
from uuid import UUID, uuid4

import aiohttp
from tests.hosts import Host, make_host, rows
from tests.restored import ghosts
from tests.restored.damage import booked, forget, reservation_of

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import inventory
from linktime_operator.operations.comparison import compare
from linktime_operator.operations.orphans import Difference
from linktime_operator.operations.reconciling import ACTIONS, mend
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack

OLDER = "UPDATE {table} SET version = version - 1 WHERE {key} = $1"
NEWER = "UPDATE {table} SET version = version + 1000 WHERE {key} = $1"
MAILS = "SELECT id FROM email_messages WHERE booking_id = $1"
RESERVATION = "SELECT id FROM reservations WHERE booking_id = $1"
FREE = "UPDATE reservations SET status = 'freed' WHERE booking_id = $1"
DELETE_RESERVATION = "DELETE FROM reservations WHERE booking_id = $1"
MOVE = """
    UPDATE reservations
       SET starts_at = $2::text::timestamptz,
           ends_at = $2::text::timestamptz + interval '30 minutes'
     WHERE booking_id = $1
"""

Named = set[tuple[str, UUID]]


async def differences(stack: Stack) -> list[Difference]:
    """Return all differences, after a short second look: nothing is on its way."""
    return await compare(stack.clients, lambda _progress: None, settle_seconds=0.5)


def named(found: list[Difference]) -> Named:
    return {(one.title, one.id) for one in found}


async def mended(stack: Stack, found: list[Difference]) -> None:
    """Mend it, and see that nothing differs; a second time changes nothing."""
    for _ in range(2):
        assert await mend(stack.clients, found) == []
        assert await differences(stack) == []


async def test_bookings_that_differ_are_named_and_mended(stack: Stack, host: Host) -> None:
    """Lost ones, older and newer versions, and reservations that are missing or freed."""
    starts = (await host.slots())[:18:3]
    lost, freed, missing, older, newer, unknown = [await booked(host, one) for one in starts]
    ((reservation,),) = await rows(stack, "availability", RESERVATION, lost)
    mails = await rows(stack, "bookings", MAILS, lost)
    await forget(host, lost, keep=2)
    await rows(stack, "availability", FREE, freed)
    await rows(stack, "availability", DELETE_RESERVATION, missing)
    for service, table in (("availability", "booking_versions"), ("contacts", "meetings")):
        for booking, change in ((older, OLDER), (newer, NEWER)):
            await rows(stack, service, change.format(table=table, key="booking_id"), booking)
        await rows(stack, service, f"DELETE FROM {table} WHERE booking_id = $1", unknown)

    found = await differences(stack)

    assert named(found) == {
        ("confirmed reservation without booking", reservation),
        ("booking version of an unknown booking", lost),
        ("meeting of an unknown booking", lost),
        ("reminders of an unknown booking", lost),
        *(("mail of an unknown booking", mail) for (mail,) in mails),
        ("booking with a freed reservation", freed),
        ("booking without reservation", missing),
        *(
            (f"booking {what}", booking)
            for service in ("availability", "contacts")
            for what, booking in (
                (f"that {service} does not know", unknown),
                (f"of which {service} has an older version", older),
                (f"of which {service} has a newer version", newer),
            )
        ),
    }
    assert {one.title for one in found} <= ACTIONS.keys()
    await mended(stack, found)
    assert await reservation_of(host, lost) == []
    for booking in (freed, missing, older, newer, unknown):
        assert await reservation_of(host, booking) == ["confirmed"]
    assert set(starts) & set(await host.slots()) == {starts[0]}


async def test_users_that_differ_are_named_and_mended(stack: Stack, host: Host) -> None:
    """Accounts, hosts and webhooks of unknown users; missing, older and newer copies."""
    account = await ghosts.copied(host, "gateway", "accounts", "id", host.id)
    ghost_host = await ghosts.copied(host, "availability", "hosts", "id", host.id)
    token = await ghosts.scim_token(host)
    owner = await ghosts.webhook_owner(host, "http://127.0.0.1:9999/hook")
    await rows(stack, "gateway", "DELETE FROM accounts WHERE id = $1", host.id)
    await rows(stack, "availability", NEWER.format(table="hosts", key="id"), host.id)

    found = await differences(stack)

    assert named(found) == {
        ("account of an unknown user", account),
        ("host of an unknown user", ghost_host),
        ("webhooks of an unknown user", owner),
        ("SCIM token of an unknown organization", token),
        ("user that gateway does not know", host.id),
        ("user of which availability has a newer version", host.id),
    }
    await mended(stack, found)
    assert (await host.call("GET", "/api/v1/event-types")).status == 200


async def test_a_user_that_scim_does_not_know_is_deleted(
    stack: Stack, http: aiohttp.ClientSession, host: Host
) -> None:
    """scim was restored to before the sign-up: bookings are cancelled, and nothing is left."""
    lost = await make_host(stack, http)
    booking = await booked(lost, (await lost.slots())[0])
    await rows(stack, "scim", "DELETE FROM users WHERE id = $1", lost.id)

    found = await differences(stack)

    assert named(found) == {
        (f"{what} of an unknown user", lost.id)
        for what in ("account", "host", "bookings", "contacts")
    }
    assert await mend(stack.clients, found) == []

    async def is_gone() -> bool:
        query = "SELECT FROM bookings WHERE id = $1"
        return not await rows(stack, "bookings", query, booking) and not await differences(stack)

    await eventually(is_gone, within=60, every=0.5, what="the end of the deletion")
    assert (await host.call("GET", "/api/v1/event-types")).status == 200


async def test_what_waits_and_calendar_events_are_named(stack: Stack, host: Host) -> None:
    """Overdue holds, old events and parked messages are named only."""
    link = await ghosts.event_link(host)
    event, message = uuid4(), uuid4()
    await rows(stack, "contacts", ghosts.OLD_EVENT, event)
    await rows(stack, "contacts", ghosts.PARKED, message)

    found = await differences(stack)

    assert named(found) == {
        ("calendar event of an unknown booking", link),
        ("event of contacts unpublished for a minute", event),
        ("parked message of contacts", message),
    }
    await rows(stack, "contacts", "DELETE FROM outbox WHERE event_id = $1", event)
    await rows(stack, "contacts", "DELETE FROM parked_messages WHERE id = $1", message)
    await mended(stack, found)


async def test_a_time_that_another_booking_has_is_a_clash(stack: Stack, host: Host) -> None:
    """No double booking is made; the booking is named, and remains a difference."""
    first, second = (await host.slots())[:6:3]
    lost, kept = await booked(host, first), await booked(host, second)
    await rows(stack, "availability", DELETE_RESERVATION, lost)
    await rows(stack, "availability", MOVE, kept, first)

    found = await differences(stack)

    assert named(found) == {("booking without reservation", lost)}
    assert await mend(stack.clients, found) == [lost]
    assert await reservation_of(host, lost) == []
    assert named(await differences(stack)) == named(found)
    await rows(stack, "availability", MOVE, kept, second)
    await mended(stack, found)


async def test_nothing_in_flight_is_named_or_mended(stack: Stack, host: Host) -> None:
    """While bookings are made, moved and cancelled."""
    starts = (await host.slots())[::2]
    is_over = asyncio.Event()
    made = 0

    async def book() -> None:
        nonlocal made
        for start, other in zip(starts[::2], starts[1::2], strict=False):
            if is_over.is_set():
                return
            answer = await host.book_until_decided(start)
            assert answer.status == 201, answer
            path = f"/api/v1/bookings/{answer.body['bookingId']}"
            moved = {"newStartTime": other}
            answer = await host.call_until_decided("POST", f"{path}/reschedule", moved)
            assert answer.status == 200, answer
            if made % 2:
                assert (await host.call_until_decided("POST", f"{path}/cancel")).status == 200
            made += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(book())
        while made < 6:
            assert await compare(stack.clients, lambda _progress: None) == []
        is_over.set()
    assert await differences(stack) == []


def test_every_service_is_compared() -> None:
    """With what it publishes and parks."""
    assert set(inventory.SERVICES) == set(SERVICES)
