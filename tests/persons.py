"""A person who occurs in many places of a host: bookings, contact, messages, calls."""

from uuid import uuid4

from linktime_local.testing.waiting import eventually
from tests.browsers import Browser
from tests.hosts import Host
from tests.shapes import CALL, MESSAGE

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
        "POST", "/api/v1/bookings?expand=booking", body, headers=key(f"book-{uuid4().hex}-{email}")
    )
    assert answer.status == 201, answer
    return str(answer.body["bookingId"])


def key(text: str) -> dict[str, str]:
    return {"Idempotency-Key": text}


async def contact_of(browser: Browser, email: str) -> str:
    async def found() -> str | None:
        path = f"/dashboard/api/contacts?search={email}"
        data = (await browser.call("GET", path)).body["data"]
        return data[0]["id"] if data else None

    contact = await eventually(found, within=30, what="the invitee's contact")
    assert contact is not None
    return contact


async def plant(host: Host, browser: Browser, email: str, phone: str) -> tuple[str, str]:
    """Let the person occur everywhere, also within ids and keys; return the ids of contact and
    booking."""
    booking = await book(host, email, (await host.slots())[0])
    cancelled = await book(host, email, (await host.slots())[0])
    contact = await contact_of(browser, email)
    changed = await host.call(
        "PATCH",
        f"/api/v1/contacts/{contact}",
        {"phone": phone, "notes": f"Knows {email}"},
        headers=key(f"{email}-changed"),
    )
    assert changed.status == 200, changed
    reason = {"reason": f"{email} asked for it"}
    path, request_id = f"/api/v1/bookings/{cancelled}/cancel", {"X-Request-Id": f"by-{phone}-1"}
    assert (await host.call("POST", path, reason, headers=request_id)).status == 200
    message = {"contactPhone": phone, "body": f"I am {email}", "externalMessageId": f"{email}-1"}
    call = {
        "contactPhone": phone,
        "summary": f"Was {email}",
        "externalCallId": f"call-{phone}",
        "agentId": f"{email}-agent",
        "bookingId": f"for-{email}",
    }
    for kind, body in (("messages", MESSAGE | message), ("calls", CALL | call)):
        answer = await host.call(
            "POST", f"/api/ingest/{kind}", body, headers=key(f"{kind}-{email}")
        )
        assert answer.status == 201, answer
    return contact, booking
