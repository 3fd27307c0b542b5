"""Members from hiring to leaving, through an identity provider."""

import asyncio
from typing import Any

import aiohttp
import pytest

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import credentials
from linktime_operator.stack.stack import Stack
from tests.hosts import Answer, Host, make_host, rows
from tests.providers import Provider, activation, described, host_of, make_provider
from tests.receiver import Receiver

REASON = "The host has left the organization"
CONFIRMED = "SELECT id::text FROM bookings WHERE host_id = $1 AND status = 'CONFIRMED'"


@pytest.fixture
async def provider(stack: Stack, http: aiohttp.ClientSession) -> Provider:
    return await make_provider(stack, http)


async def public(host: Host, method: str, path: str, body: Any = None) -> Answer:
    """Send a request without a key."""
    async with host.http.request(method, host.stack.file.gateway + path, json=body) as response:
        answer = await response.json(content_type=None)
        return Answer(response.status, answer, dict(response.headers))


async def invite(host: Host, start: str) -> tuple[Answer, dict[str, Any]]:
    """Book from the booking page."""
    body = {
        "eventTypeId": await event_type_id(host),
        "startTime": start,
        "inviteeName": "Zoë Invitee",
        "inviteeEmail": "zoe@example.com",
        "inviteeTimezone": "Europe/Berlin",
    }
    return await public(host, "POST", "/api/bookings", body), body


async def event_type_id(host: Host) -> str:
    found = await rows(
        host.stack, "availability", "SELECT id::text FROM event_types WHERE host_id = $1", host.id
    )
    return str(found[0][0])


async def confirmed(host: Host) -> set[str]:
    """Return the ids of the confirmed bookings."""
    return {booking for (booking,) in await rows(host.stack, "bookings", CONFIRMED, host.id)}


async def booked(host: Host, start: str) -> str:
    answer = await host.book(start)
    assert answer.status == 201, answer
    return str(answer.body["bookingId"])


async def answers(host: Host, status: int) -> None:
    """Return when the host's key gets this status, promised within one second."""

    async def does() -> bool:
        return (await host.call("GET", "/api/v1/me")).status == status

    await eventually(does, within=3, what=f"{status} for the key")


async def stand(host: Host, bookings: set[str]) -> None:
    """Return when exactly these bookings are confirmed."""

    async def do() -> bool:
        return await confirmed(host) == bookings

    await eventually(do, within=20, what="the cancellations")


async def test_a_member_is_hired_suspended_and_back(provider: Provider) -> None:
    """Inactive: no key, no page, no new booking; invitees can still change existing ones."""
    member = await provider.provision(email := provider.new_email())
    host = await host_of(provider, email)
    first, second, third, *_others = await host.slots()
    kept = await booked(host, first)
    made, wish = await invite(host, second)
    link = "/api/public/bookings/" + made.body["manageUrl"].rpartition("/")[2]

    await provider.set_active(member, "False")
    await answers(host, 401)
    page = f"/api/public/{host.username}"
    for path in ("", f"/{host.event_type}", f"/{host.event_type}/slots?timezone=UTC"):

        async def is_closed(path: str = path) -> bool:
            return (await public(host, "GET", page + path)).status == 404

        await eventually(is_closed, within=3, what=f"404 for {page + path}")
    refused = await public(host, "POST", "/api/bookings", wish | {"startTime": third})
    assert refused.status == 404
    assert (await provider.call("GET", f"/Users/{member}")).body["active"] is False
    assert await confirmed(host) == {kept, made.body["bookingId"]}
    assert (await public(host, "GET", link)).body["status"] == "CONFIRMED"
    moved = await public(host, "POST", f"{link}/reschedule", {"newStartTime": third})
    assert (moved.status, moved.body) == (200, {"success": True})
    assert (await public(host, "POST", f"{link}/cancel")).status == 200
    assert await confirmed(host) == {kept}

    await provider.set_active(member, True)
    await answers(host, 200)

    async def is_open() -> bool:
        return (await public(host, "GET", page)).status == 200

    await eventually(is_open, what="the page")
    await booked(host, second)


async def test_a_member_leaves(provider: Provider, receiver: Receiver) -> None:
    """Upcoming bookings are cancelled with all effects; later ones and the account stay."""
    member = await provider.provision(email := provider.new_email())
    host = await host_of(provider, email)
    await host.subscribe(receiver.url, "booking.cancelled")
    free = await host.slots()
    given_up = await booked(host, free[0])
    assert (await host.call("POST", f"/api/v1/bookings/{given_up}/cancel")).status == 200
    coming = [await booked(host, free[1]), await booked(host, free[2])]

    await provider.deprovision(member)
    await stand(host, set())
    for booking in coming:
        detail = (await host.call("GET", f"/api/v1/bookings/{booking}")).body
        assert (detail["status"], detail["cancellationReason"]) == ("CANCELLED", REASON)
        assert [line["by"] for line in detail["history"]] == ["host", "system"]

    async def is_free() -> bool:
        return await host.slots() == free

    await eventually(is_free, what="the slots")
    await eventually(lambda: len(receiver.read()) == 3, within=20, what="the webhooks")
    by_system = [one["data"] for one in receiver.read() if one["data"]["cancelledBy"] == "system"]
    assert {one["id"] for one in by_system} == set(coming)
    assert {one["reason"] for one in by_system} == {REASON}

    async def counts() -> list[int]:
        found = (await host.call("GET", "/api/v1/contacts")).body["data"]
        return [one["meetingCount"] for one in found]

    async def none_counts() -> bool:
        return await counts() == [0, 0, 0]

    await eventually(none_counts, what="the contacts")
    later = await booked(host, free[1])
    again = await provider.provision(email)
    assert again != member
    assert (await provider.call("GET", f"/Users/{again}")).body["userName"] == email
    assert (await host.call("GET", "/api/v1/me")).body["id"] == str(host.id)
    assert await confirmed(host) == {later}
    await provider.deprovision(again)
    await stand(host, set())


async def test_leaving_ends_being_suspended(provider: Provider) -> None:
    """The account is its owner's again, with its data."""
    member = await provider.provision(email := provider.new_email())
    host = await host_of(provider, email)
    await provider.set_active(member, False)
    await answers(host, 401)
    await provider.deprovision(member)
    await answers(host, 200)


async def test_a_member_leaves_while_bookings_is_stopped(stack: Stack, provider: Provider) -> None:
    """It is done when the service is back; bookings made after that stay."""
    member = await provider.provision(email := provider.new_email())
    host = await host_of(provider, email)
    free = await host.slots()
    await booked(host, free[0])
    await stack.take_down("bookings", kill=True)
    try:
        await provider.deprovision(member)
        await asyncio.sleep(0.002)  # instants on the wire have milliseconds
    finally:
        await stack.bring_up("bookings")
    later = await booked(host, free[3])
    await stand(host, {later})


async def test_an_account_that_is_only_linked_keeps_its_own(
    stack: Stack, http: aiohttp.ClientSession, provider: Provider
) -> None:
    """Its e-mail is not in the organization's domain: keys and bookings are unchanged."""
    host = await make_host(stack, http)
    start, *_others = await host.slots()
    kept = await booked(host, start)
    member = await provider.provision(host.email)
    await provider.set_active(member, False)
    await provider.deprovision(member)
    later = await provider.provision(host.email)
    await provider.set_active(later, "False")
    assert (await host.call("GET", "/api/v1/me")).status == 200
    assert (await public(host, "GET", f"/api/public/{host.username}")).status == 200
    assert await confirmed(host) == {kept}


async def test_an_unverified_account_that_is_taken_over_loses_its_credentials(
    stack: Stack, http: aiohttp.ClientSession, provider: Provider
) -> None:
    """Its creator never proved to own the e-mail; the domain's owner did."""
    stranger = await make_provider(stack, http)
    email = provider.new_email()
    squatting = await stranger.provision(email)
    host = await host_of(stranger, email)
    await stranger.deprovision(squatting)
    await answers(host, 200)

    await provider.provision(email)
    await answers(host, 401)
    host.key = (await credentials.make_api_key(stack.clients, email)).key
    await answers(host, 200)


async def test_another_organizations_member_is_not_there(
    stack: Stack, http: aiohttp.ClientSession, provider: Provider
) -> None:
    """With any method; nor does its token list them."""
    member = await provider.provision(email := provider.new_email())
    other = await make_provider(stack, http)
    for method, body in (
        ("GET", None),
        ("PUT", described(email)),
        ("PATCH", activation(False)),
        ("DELETE", None),
    ):
        answer = await other.call(method, f"/Users/{member}", body)
        assert (answer.status, answer.body["status"]) == (404, "404"), method
    assert (await other.call("GET", "/Users")).body["totalResults"] == 0
    found = await provider.call("GET", f"/Users/{member}")
    assert (found.status, found.body["active"]) == (200, True)
