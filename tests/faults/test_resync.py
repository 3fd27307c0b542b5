"""A consumer that has lost its database is rebuilt by `linktime resync` without side effects."""

from typing import Any

import aiohttp
from tests.faults.truth import booking, contact_of, live, settled, written
from tests.hosts import Host, rows
from tests.receiver import Receiver

from linktime_local.testing.waiting import eventually
from linktime_operator.operations.resync import resync
from linktime_operator.stack.stack import Stack

# Without `active_since`, which is the time of this service's own write.
HOSTS = "SELECT to_jsonb(h) - 'active_since' FROM hosts h ORDER BY id"
RESERVATIONS = """
    SELECT id, status, booking_id, host_id, event_type_id, starts_at, ends_at, buffer_before,
           buffer_after
      FROM reservations
     WHERE status <> 'freed'
     ORDER BY id
"""
# Without creation times: of bookings made at the same moment, any may be the contact's first.
CONTACTS = """
    SELECT owner_id, name, email, phone
      FROM contacts
     ORDER BY owner_id, email_key
"""
MEETINGS = """
    SELECT m.booking_id, m.owner_id, m.version, m.starts_at, m.status, c.email
      FROM meetings m
      JOIN contacts c ON c.id = m.contact_id
     ORDER BY m.booking_id
"""
STATE = {
    "availability": (
        HOSTS,
        RESERVATIONS,
        "SELECT * FROM booking_versions ORDER BY booking_id",
    ),
    "contacts": (CONTACTS, MEETINGS),
    "gateway": ("SELECT * FROM accounts ORDER BY id",),
}
# Schedules and event types belong to availability and cannot be rebuilt; hosts have them.
EMPTY = {
    "availability": (
        "DELETE FROM reservations",
        "DELETE FROM booking_versions",
        "DELETE FROM inbox",
        "UPDATE hosts SET version = 0, name = '', username = id::text, email = '', active = false",
    ),
    "contacts": ("DELETE FROM meetings", "DELETE FROM contacts", "DELETE FROM inbox"),
    "gateway": ("DELETE FROM accounts", "DELETE FROM inbox"),
}
SENT = "SELECT count(*) FROM events"
WAITING_MAILS = """
    SELECT id
      FROM email_messages
     WHERE owner_id = $1 AND status IN ('QUEUED', 'SENDING', 'DEFERRED')
"""


async def caught_up(stack: Stack) -> bool:
    """Whether every projection has every booking of earlier tests, and nothing is held."""
    truth = set(await rows(stack, "bookings", "SELECT id, version FROM bookings"))
    known = set(
        await rows(stack, "availability", "SELECT booking_id, version FROM booking_versions")
    )
    met = set(await rows(stack, "contacts", "SELECT booking_id, version FROM meetings"))
    held = await rows(stack, "availability", "SELECT id FROM reservations WHERE status = 'held'")
    return truth == known == met and not held


async def has_sent_mails(host: Host) -> bool:
    """Whether the bookings' details do not change any more."""
    return not await rows(host.stack, "bookings", WAITING_MAILS, host.id)


async def state(stack: Stack) -> dict[str, list[Any]]:
    return {
        service: [await rows(stack, service, query) for query in queries]
        for service, queries in STATE.items()
    }


async def test_an_emptied_projection_is_rebuilt_without_side_effects(
    stack: Stack, http: aiohttp.ClientSession, host: Host, receiver: Receiver
) -> None:
    """The state is as before; no webhook, no event; slots, detail and contact agree."""
    events = ("booking.created", "booking.rescheduled", "booking.cancelled", "contact.created")
    await host.subscribe(receiver.url, *events)
    free = await host.slots()
    writes = [booking(host, start) for start in free[:12:2]]
    made = [(await write.until_answered()).body["bookingId"] for write in writes]
    for booking_id, start in zip(made[:2], (free[20], free[24]), strict=True):
        path = f"/api/v1/bookings/{booking_id}/reschedule"
        assert (await host.call("POST", path, {"newStartTime": start})).status == 200
    assert (await host.call("POST", f"/api/v1/bookings/{made[2]}/cancel")).status == 200
    await settled(host)
    await eventually(lambda: len(receiver.deliveries) == 15, what="the webhooks")
    # A relay killed by an earlier test may have left rows leased for half a minute.
    await eventually(lambda: caught_up(stack), within=60, every=0.2, what="projections caught up")
    await eventually(lambda: has_sent_mails(host), what="the mails")
    before = await state(stack)
    seen = await as_seen(host, made, writes[0].body["inviteeEmail"])
    events, sent = await written(stack), await rows(stack, "webhooks", SENT)

    for service, statements in EMPTY.items():
        for statement in statements:
            await rows(stack, service, statement)
    assert await live(host) == []
    for service in EMPTY:
        async for _progress in resync(stack.clients, service):
            pass

    assert await state(stack) == before
    assert await as_seen(host, made, writes[0].body["inviteeEmail"]) == seen
    assert await written(stack) == events
    assert await rows(stack, "webhooks", SENT) == sent
    assert len(receiver.deliveries) == 15
    for service in EMPTY:
        async for progress in resync(stack.clients, service):
            assert progress.applied == 0


async def as_seen(host: Host, bookings: list[str], email: str) -> list[Any]:
    """Return slots, bookings and a contact as the API shows them.

    Without regenerated ids, and without the time at which the contact was written.
    """
    detail = [(await host.call("GET", f"/api/v1/bookings/{one}")).body for one in bookings]
    contact = await contact_of(host, email)
    assert contact is not None
    for one in detail:
        assert one["contact"].pop("id") is not None
    del contact["id"], contact["updatedAt"]
    return [await host.slots(), detail, contact]
