"""A host erases a contact: no database of any service has the person afterwards."""

from typing import Any
from uuid import uuid4

import aiohttp

from linktime_common.redaction import ERASED_EMAIL
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.hosts import rows
from tests.persons import NAME, book, contact_of, key, plant
from tests.receiver import Receiver
from tests.searches import covers, tables_with
from tests.shapes import CALL, MESSAGE

HELD = {
    "bookings.bookings",
    "bookings.email_messages",
    "bookings.idempotency_records",
    "bookings.outbox",
    "contacts.calls",
    "contacts.contacts",
    "contacts.idempotency_records",
    "contacts.messages",
    "contacts.outbox",
    "webhooks.events",
}
"""Tables that must have the address before, or the test would prove nothing."""
STOP_REMINDERS = "UPDATE bookings SET reminders_wanted = false WHERE id = $1"


async def wait_for_end(stack: Stack, browser: Browser, erasure: dict[str, Any]) -> None:
    """Wait for the end, without the pause between the two rounds."""

    async def done() -> bool:
        hurry = "UPDATE erasures SET due_at = requested_at WHERE id = $1"
        await rows(stack, "contacts", hurry, erasure["id"])
        answer = await browser.call("GET", f"/dashboard/api/erasures/{erasure['id']}")
        return bool(answer.body["state"] == "done")

    await eventually(done, within=60, every=0.5, what="the end of the erasure")


async def test_no_database_has_an_erased_person(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """The host's time stays taken, and a new booking of the person is a new contact."""
    host, browser = await sign_up(stack, http)
    await host.subscribe(receiver.url, "booking.created", "booking.cancelled", "contact.created")
    email, phone = f"erasable-{uuid4().hex[:12]}@example.com", f"+4930{uuid4().int % 10**8:08}"
    contact, booking = await plant(host, browser, email, phone)

    async def planted() -> bool:
        delivered = len(receiver.read()) == 4
        return delivered and covers(await tables_with(stack, email), HELD)

    await eventually(planted, within=60, every=0.5, what="the person in every database")
    before = (await host.call("GET", f"/api/v1/bookings/{booking}")).body
    answer = await browser.call("POST", f"/dashboard/api/contacts/{contact}/erase")
    assert (answer.status, answer.body["state"]) == (202, "running"), answer
    await wait_for_end(stack, browser, answer.body)
    assert await tables_with(stack, email, phone, NAME) == set()
    after = (await host.call("GET", f"/api/v1/bookings/{booking}")).body
    assert (after["startTime"], after["status"]) == (before["startTime"], "CONFIRMED")
    assert (after["inviteeName"], after["notes"]) == ("Erased", None)
    assert before["startTime"] not in await host.slots()
    assert (await host.call("GET", f"/api/v1/contacts/{contact}")).status == 404
    await book(host, email, (await host.slots())[0])
    assert await contact_of(browser, email) != contact


async def test_a_repeat_of_an_erased_persons_request_changes_nothing(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    """The key and the ids of the source are stored as hashes, and still name what they named."""
    host, browser = await sign_up(stack, http)
    email, phone = f"repeated-{uuid4().hex[:12]}@example.com", f"+4930{uuid4().int % 10**8:08}"
    contact = {"name": NAME, "email": email, "phone": phone}
    added = await host.call("POST", "/api/v1/contacts", contact, headers=key(f"add-{email}"))
    assert added.status == 201, added
    message = MESSAGE | {"contactPhone": phone, "externalMessageId": f"{email}-1"}
    sent = await host.call("POST", "/api/ingest/messages", message)
    call = CALL | {"contactPhone": phone, "externalCallId": f"call-{email}"}
    made = await host.call("POST", "/api/ingest/calls", call)
    path = f"/dashboard/api/contacts/{added.body['id']}/erase"
    await wait_for_end(stack, browser, (await browser.call("POST", path)).body)
    assert await tables_with(stack, email, phone) == set()
    repeated = await host.call("POST", "/api/v1/contacts", contact, headers=key(f"add-{email}"))
    assert (repeated.status, repeated.body["email"]) == (201, ERASED_EMAIL)
    assert repeated.headers["Idempotent-Replayed"] == "true"
    assert (await host.call("GET", f"/api/v1/contacts?search={email}")).body["data"] == []
    again = await host.call("POST", "/api/ingest/messages", message)
    assert (again.status, again.body) == (200, sent.body)
    again = await host.call("POST", "/api/ingest/calls", call)
    assert (again.status, again.body) == (200, made.body)


async def test_another_hosts_contact_of_the_same_person_stays(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    (host, browser), (other, others) = await sign_up(stack, http), await sign_up(stack, http)
    email = f"shared-{uuid4().hex[:12]}@example.com"
    await book(host, email, (await host.slots())[0])
    theirs = await book(other, email, (await other.slots())[0])
    mine, kept = await contact_of(browser, email), await contact_of(others, email)
    answer = await browser.call("POST", f"/dashboard/api/contacts/{mine}/erase")
    assert answer.status == 202, answer
    await wait_for_end(stack, browser, answer.body)
    detail = (await others.call("GET", f"/dashboard/api/contacts/{kept}")).body
    assert (detail["email"], detail["meetingCount"]) == (email, 1)
    booking = (await other.call("GET", f"/api/v1/bookings/{theirs}")).body
    assert (booking["inviteeEmail"], booking["inviteeName"]) == (email, NAME)


async def test_a_persons_data_is_exported(stack: Stack, http: aiohttp.ClientSession) -> None:
    """What contacts and bookings store, of this person only."""
    host, browser = await sign_up(stack, http)
    email, phone = f"exported-{uuid4().hex[:12]}@example.com", f"+4930{uuid4().int % 10**8:08}"
    contact, booking = await plant(host, browser, email, phone)
    await book(host, f"other-{uuid4().hex[:12]}@example.com", (await host.slots())[0])
    await rows(stack, "bookings", STOP_REMINDERS, booking)
    answer = await browser.call("GET", f"/dashboard/api/contacts/{contact}/personal-data")
    assert answer.status == 200, answer
    held = answer.body
    assert (held["contact"]["email"], held["contact"]["phone"]) == (email, phone)
    assert {one["inviteeEmail"] for one in held["bookings"]} == {email}
    assert booking in [one["id"] for one in held["bookings"]]
    assert held["remindersStopped"] == [booking]
    assert [one["reason"] for one in held["changes"]] == [f"{email} asked for it"]
    assert {one["recipient"] for one in held["mails"]} == {email}
    assert [one["content"] for one in held["messages"]] == [f"I am {email}"]
    assert [one["summary"] for one in held["calls"]] == [f"Was {email}"]
    unknown = await browser.call("GET", f"/dashboard/api/contacts/{uuid4()}/personal-data")
    assert (unknown.status, unknown.body["code"]) == (404, "contact_not_found")
