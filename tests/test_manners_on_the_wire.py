"""Headers of answers through the gateway: Location, ETag and Idempotent-Replayed."""

from uuid import uuid4

import aiohttp
import pytest

from linktime_operator.stack.stack import Stack
from tests.hosts import Answer, Host, make_host


@pytest.fixture(scope="module")
async def host(stack: Stack, http: aiohttp.ClientSession) -> Host:
    return await make_host(stack, http)


async def tag_of(host: Host, path: str) -> str:
    headers = (await host.call("GET", path)).headers
    return {name.lower(): value for name, value in headers.items()}["etag"]


async def unchanged(host: Host, path: str, tag: str) -> int:
    """Return the status of a conditional read."""
    headers = {"Authorization": f"Bearer {host.key}", "If-None-Match": tag}
    url = host.stack.file.gateway + path
    async with host.http.get(url, headers=headers) as response:
        assert response.status != 304 or await response.read() == b""
        return response.status


async def test_new_resources_are_where_location_says(host: Host) -> None:
    """A contact, a booking, and an invitee's booking."""
    new = {"name": "Noor", "email": f"{uuid4().hex}@example.com"}
    contact = await host.call("POST", "/api/v1/contacts", new)
    booking = await host.book((await host.slots())[0])
    for made, field in ((contact, "id"), (booking, "bookingId")):
        found = await host.call("GET", made.headers["Location"])
        assert (found.status, found.body["id"]) == (200, made.body[field])
    types = (await host.call("GET", "/api/v1/event-types")).body["data"]
    wanted = {
        "eventTypeId": types[0]["id"],
        "startTime": (await host.slots())[3],
        "inviteeName": "Ines",
        "inviteeEmail": new["email"],
        "inviteeTimezone": "UTC",
    }
    invited = await host.call("POST", "/api/bookings", wanted)
    found = await host.call("GET", invited.headers["Location"])
    assert (found.status, found.body["id"]) == (200, invited.body["bookingId"])


async def test_a_repeat_is_marked(host: Host) -> None:
    """With the address again; the first answer is not marked."""
    new = {"name": "Noor", "email": f"{uuid4().hex}@example.com"}

    async def post() -> Answer:
        return await host.call("POST", "/api/v1/contacts", new, headers={"Idempotency-Key": "k"})

    first, second = await post(), await post()
    assert first.body == second.body
    assert first.headers["Location"] == second.headers["Location"]
    marks = [answer.headers.get("Idempotent-Replayed") for answer in (first, second)]
    assert marks == [None, "true"]


async def test_a_changed_contact_is_sent_again(host: Host) -> None:
    """An unchanged one is 304 without a body, as is the list of event types."""
    new = {"name": "Noor", "email": f"{uuid4().hex}@example.com"}
    path = (await host.call("POST", "/api/v1/contacts", new)).headers["Location"]
    tag = await tag_of(host, path)
    assert await unchanged(host, path, tag) == 304
    await host.call("PATCH", path, {"company": "Acme"})
    assert await unchanged(host, path, tag) == 200
    tag = await tag_of(host, "/api/v1/event-types")
    assert await unchanged(host, "/api/v1/event-types", tag) == 304
    await host.add_event_type()
    assert await unchanged(host, "/api/v1/event-types", tag) == 200
