"""Internal endpoints for bookings and the operator, over HTTP."""

import asyncio
import io
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from linktime_common.contracts.events.bookings import BookingState, BookingStatus
from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .calls import Answer, Get, Resync

Booking = Callable[..., BookingState]


async def find(service: Running, issuer: str = "bookings", **query: Any) -> Answer:
    headers = service.identity(CallerKind.SERVICE, issuer=issuer)
    url = f"{service.internal_url}/internal/contacts"
    async with service.session.get(url, params=query, headers=headers) as response:
        return response.status, await response.json()


async def test_bookings_finds_a_contact_by_owner_and_email(
    service: Running, resync: Resync, booking: Booking
) -> None:
    """In any letter case, and only the owner's contacts."""
    owner_id = new_id()
    await resync(booking(owner_id, invitee_email="Zoë@example.com", invitee_phone="+4930123456"))
    status, body = await find(service, ownerId=str(owner_id), email="ZOË@EXAMPLE.COM")
    assert status == 200
    found = FoundContact.model_validate(body)
    assert (found.name, found.email, found.phone) == ("Zoë", "Zoë@example.com", "+4930123456")
    not_found = (404, {"error": "Contact not found", "code": "contact_not_found"})
    assert await find(service, ownerId=str(new_id()), email="zoë@example.com") == not_found
    assert await find(service, ownerId=str(owner_id), email="%") == not_found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"email": "a@example.com"}, "ownerId"),
        ({"ownerId": str(uuid4())}, "email"),
        ({"ownerId": "me", "email": "a@example.com"}, "ownerId"),
        ({"ownerId": str(uuid4()), "email": "a\x00"}, "email"),
    ],
)
async def test_an_invalid_query_is_refused(
    service: Running, query: dict[str, str], field: str
) -> None:
    """The response names the parameter."""
    status, body = await find(service, **query)
    assert (status, list(body["details"])) == (400, [field])


async def test_other_services_are_refused(service: Running) -> None:
    """Only bookings finds contacts, and only the operator resyncs."""
    query = {"ownerId": str(uuid4()), "email": "a@example.com"}
    assert (await find(service, "gateway", **query))[0] == 503
    assert (await find(service, "availability", **query))[0] == 503
    headers = service.identity(CallerKind.SERVICE, issuer="bookings")
    url = f"{service.internal_url}/internal/resync"
    async with service.session.post(url, json={}, headers=headers) as response:
        assert response.status == 503


async def test_a_resync_counts_changes_and_writes_no_event(
    service: Running, resync: Resync, booking: Booking, get: Get
) -> None:
    """A repeat changes nothing; a later version does."""
    owner_id = new_id()
    first, second = booking(owner_id), booking(owner_id)
    assert await resync(first, second) == (200, {"applied": 2})
    assert await resync(first, second) == (200, {"applied": 0})
    gone = first.model_copy(update={"status": BookingStatus.CANCELLED})
    assert await resync(gone, second, version=2) == (200, {"applied": 2})
    assert await resync(first, version=1) == (200, {"applied": 0})
    (contact,) = (await get(owner_id, "/contacts"))[1]["data"]
    assert contact["meetingCount"] == 1


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_resyncs_do_not_deadlock(
    resync: Resync, booking: Booking, get: Get
) -> None:
    """The same bookings in both orders: each counts once."""
    owner_id = new_id()
    bookings = [booking(owner_id, invitee_email=f"r{n}@example.com") for n in range(30)]
    answers = await asyncio.gather(
        resync(*bookings), resync(*reversed(bookings)), resync(*bookings[15:], *bookings[:15])
    )
    assert [status for status, _ in answers] == [200] * 3
    assert sum(body["applied"] for _, body in answers) == 30
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 30


async def post(service: Running, raw: bytes) -> Answer:
    headers = {
        **service.identity(CallerKind.OPERATOR, issuer="operator"),
        "Content-Type": "application/json",
    }
    url = f"{service.internal_url}/internal/resync"
    async with service.session.post(url, data=io.BytesIO(raw), headers=headers) as response:
        return response.status, await response.json()


async def test_an_empty_resync_is_accepted_and_an_invalid_one_refused(service: Running) -> None:
    """400 with the field, 413 above one mebibyte."""
    assert await post(service, b"{}") == (200, {"applied": 0})
    assert (await post(service, b"{"))[0] == 400
    assert (await post(service, b'{"bookings": 1}'))[0] == 400
    assert (await post(service, b'{"bookings": [{"version": 1}]}'))[0] == 400
    assert (await post(service, b" " * (1024 * 1024 + 1)))[0] == 413
    user = (
        b'{"user": {"id": "%s", "email": "", "name": "", "username": "", "timezone": "UTC",'
        b' "plan": "FREE", "effectivePlan": "FREE", "active": true,'
        b' "createdAt": "2026-03-01T14:00:00Z"}, "version": 1}' % str(UUID(int=1)).encode()
    )
    status, body = await post(service, b'{"users": [' + b",".join([user] * 501) + b"]}")
    assert (status, list(body["details"])) == (400, ["bookings"])
