"""Booking without an API key."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import pytest
from services.bookings.tests.calls import Caller, booking_request, slot
from services.bookings.tests.fakes import EventType, FakeAvailability
from services.bookings.tests.rows import change, events, rows

from linktime_common.contracts.internal_api.availability import Question
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.services import Running


@dataclass(frozen=True)
class Invitee:
    """A client of the booking page."""

    service: Running

    async def book(self, body: Any, key: str | None = None) -> tuple[int, Any]:
        headers = self.service.identity(CallerKind.PUBLIC)
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"{self.service.url}/api/bookings"
        async with self.service.session.post(url, headers=headers, json=body) as response:
            return response.status, await response.json()


@pytest.fixture
def invitee(service: Running) -> Invitee:
    return Invitee(service)


def _request(event_type_id: object, number: int = 0, **more: object) -> dict[str, Any]:
    body = booking_request(slot(number), eventTypeId=str(event_type_id), **more)
    del body["eventTypeSlug"]
    return body


async def test_book(
    invitee: Invitee, host: Caller, event_type: EventType, database: Database
) -> None:
    """By the event type's id; the host sees the source of the booking."""
    status, body = await invitee.book(_request(event_type.id))
    assert status == 201
    booking = (await host.get(f"/{body['bookingId']}")).body
    assert (booking["source"], booking["history"][0]["by"]) == ("page", "invitee")
    assert await events(database) == ["booking.created"]
    assert (await invitee.book(_request(event_type.id)))[0] == 409


async def test_book_in_a_frame(invitee: Invitee, host: Caller, event_type: EventType) -> None:
    """The page says that it is in one; nobody but the host books as `api`."""
    status, body = await invitee.book(_request(event_type.id, source="Embed"))
    assert status == 201
    assert (await host.get(f"/{body['bookingId']}")).body["source"] == "embed"
    status, body = await invitee.book(_request(event_type.id, 1, source="api"))
    assert (status, list(body["details"])) == (400, ["source"])


async def test_unknown_event_type(invitee: Invitee, event_type: EventType) -> None:
    """The same 404 for malformed and unknown ids."""
    for event_type_id in ("intro", "", new_id()):
        status, body = await invitee.book(_request(event_type_id))
        assert (status, body) == (
            404,
            {"error": "Event type not found", "code": "event_type_not_found"},
        )


async def test_slug_is_refused(invitee: Invitee, event_type: EventType) -> None:
    """The body differs from that with an API key."""
    status, body = await invitee.book(booking_request(slot(0)))
    assert status == 400
    assert body["details"] == {
        "eventTypeId": "This field is required",
        "eventTypeSlug": "Unknown field",
    }


async def test_scope_of_keys(invitee: Invitee, event_type: EventType, database: Database) -> None:
    """The same Idempotency-Key from another e-mail address is another request."""
    first = await invitee.book(_request(event_type.id), key="k")
    assert await invitee.book(_request(event_type.id), key="k") == first
    other = _request(event_type.id, 1, inviteeEmail="ada@navy.example")
    status, body = await invitee.book(other, key="k")
    assert status == 201
    assert body != first[1]
    assert len(await events(database)) == 2


async def test_scope_of_keys_does_not_name_the_invitee(
    invitee: Invitee, event_type: EventType, database: Database
) -> None:
    """Of bookings and of refusals: an erased address used to stay for a day."""
    for number, expected in enumerate((201, 409)):
        body = _request(event_type.id, inviteeEmail="Zoë@navy.example")
        status, _ = await invitee.book(body, key=f"k{number}")
        assert status == expected
    found = await rows(database, "SELECT scope FROM idempotency_records")
    assert len(found) == 2
    assert not any("navy" in scope for (scope,) in found)


async def test_keys_with_addresses_of_earlier_versions_are_hashed(
    invitee: Invitee, event_type: EventType, database: Database
) -> None:
    """A repeat gets the first answer after the update, too."""
    request = _request(event_type.id, inviteeEmail="Zoë@navy.example")
    first = await invitee.book(request, key="k")
    ((hashed,),) = await rows(database, "SELECT scope FROM idempotency_records")
    former = f"event type {event_type.id} zoë@navy.example"
    await change(database, "UPDATE idempotency_records SET scope = $1", former)
    migrations = resources.files("linktime_bookings") / "migrations"
    await change(database, (migrations / "0014_hashed_scopes.sql").read_text())
    assert await rows(database, "SELECT scope FROM idempotency_records") == [(hashed,)]
    assert await invitee.book(request, key="k") == first


async def test_caller_kinds(service: Running, host: Caller) -> None:
    """The public path refuses API keys, the other path requires one."""
    url, key = service.url, service.identity(CallerKind.API_KEY, subject=host.host_id)
    async with service.session.post(f"{url}/api/bookings", headers=key, json={}) as response:
        assert response.status == 503
    public = service.identity(CallerKind.PUBLIC)
    async with service.session.get(f"{url}/api/v1/bookings", headers=public) as response:
        assert response.status == 503


@pytest.mark.parametrize(
    ("written", "zone", "stored"),
    [
        ("+49 30 123456", None, "+4930123456"),
        ("(030) 123456", "Europe/Berlin", "+4930123456"),
        ("(030) 123456", "UTC", None),
        ("123456", "Europe/Berlin", None),
    ],
)
async def test_phone_is_read_in_the_hosts_region(
    invitee: Invitee,
    host: Caller,
    event_type: EventType,
    availability: FakeAvailability,
    written: str,
    zone: str | None,
    stored: str | None,
) -> None:
    """Of the invitee and in an answer, with a key and without; a refused one frees the time."""
    event_type.host = event_type.host.model_copy(update={"timezone": zone})
    event_type.questions = [
        Question(id="call", label="Call me", type="phone", required=False, options=[])
    ]
    answers = [{"questionId": "call", "value": written}]
    status, body = await invitee.book(_request(event_type.id, 0, inviteePhone=written))
    answered = await host.book(slot(1), answers=answers)
    if stored is None:
        sentence = "Expected a phone number such as +4930123456"
        assert (status, body["details"]) == (400, {"inviteePhone": sentence})
        assert (answered.status, answered.body["details"]) == (400, {"answers.0.value": sentence})
        assert availability.in_state("held") == set()
    else:
        assert (status, answered.status) == (201, 201)
        booking = (await host.get(f"/{body['bookingId']}")).body
        other = (await host.get(f"/{answered.body['bookingId']}")).body
        assert (booking["inviteePhone"], other["answers"][0]["value"]) == (stored, stored)
