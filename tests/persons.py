"""A person who occurs in many places of a host: bookings, contact, messages, calls."""

from uuid import uuid4

from tests.browsers import Browser
from tests.hosts import Host
from tests.shapes import CALL, MESSAGE

from linktime_local.testing.waiting import eventually

NAME = "Zoë Erasable"


async def book(host: Host, email: str, start: str) -> str:
    body = {
        "eventTypeSlug": host.event_type,
        "startTime": start,
        "inviteeName": NAME,
        "inviteeEmail": email,
        "inviteeTimezone": "Europe/Berlin",
        "notes": f"Write to {email}",
    }
    answer = await host.call(
        "POST", "/api/v1/bookings?expand=booking", body, headers={"Idempotency-Key": uuid4().hex}
    )
    assert answer.status == 201, answer
    return str(answer.body["bookingId"])


async def contact_of(browser: Browser, email: str) -> str:
    async def found() -> str | None:
        path = f"/dashboard/api/contacts?search={email}"
        data = (await browser.call("GET", path)).body["data"]
        return data[0]["id"] if data else None

    contact = await eventually(found, within=30, what="the invitee's contact")
    assert contact is not None
    return contact


async def plant(host: Host, browser: Browser, email: str, phone: str) -> tuple[str, str]:
    """Let the person occur everywhere; return the ids of contact and booking."""
    booking = await book(host, email, (await host.slots())[0])
    cancelled = await book(host, email, (await host.slots())[0])
    contact = await contact_of(browser, email)
    changed = await host.call(
        "PATCH",
        f"/api/v1/contacts/{contact}",
        {"phone": phone, "notes": f"Knows {email}"},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert changed.status == 200, changed
    reason = {"reason": f"{email} asked for it"}
    assert (await host.call("POST", f"/api/v1/bookings/{cancelled}/cancel", reason)).status == 200
    message = {"contactPhone": phone, "body": f"I am {email}", "externalMessageId": uuid4().hex}
    assert (await host.call("POST", "/api/ingest/messages", MESSAGE | message)).status == 201
    call = {"contactPhone": phone, "summary": f"Was {email}", "externalCallId": uuid4().hex}
    assert (await host.call("POST", "/api/ingest/calls", CALL | call)).status == 201
    return contact, booking
