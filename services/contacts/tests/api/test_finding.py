"""Phone numbers in any spelling, and contacts found by them, without accents and by e-mail."""

from collections.abc import Callable
from typing import Any

import pytest

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.ids import new_id
from linktime_common.postgres import Database

from .calls import Call, Get, Resync

Booking = Callable[..., BookingState]
PATH = "/api/v1/contacts"
BERLIN = "Europe/Berlin"
ANN = {"name": "Ann", "email": "ann@example.com"}


@pytest.mark.parametrize("written", ["+49 30 123456", "(030) 123456", "0049 30 / 123456"])
async def test_a_phone_is_kept_as_e164(call: Call, written: str) -> None:
    """The host's region is that of the time zone in the gateway's identity."""
    owner_id = new_id()
    status, contact = await call(owner_id, "POST", PATH, ANN | {"phone": written}, timezone=BERLIN)
    assert (status, contact["phone"]) == (201, "+4930123456")
    path = f"{PATH}/{contact['id']}"
    changed = await call(owner_id, "PATCH", path, {"phone": "030 654321"}, timezone=BERLIN)
    assert changed[1]["phone"] == "+4930654321"


@pytest.mark.parametrize(("written", "zone"), [("030 123456", "UTC"), ("12", BERLIN)])
async def test_a_number_that_cannot_be_read_is_refused(call: Call, written: str, zone: str) -> None:
    """400 with the field named."""
    status, body = await call(new_id(), "POST", PATH, ANN | {"phone": written}, timezone=zone)
    assert status == 400
    assert body["details"] == {"phone": "Expected a phone number such as +4930123456"}


async def test_messages_meet_their_contact_in_any_spelling(call: Call, get: Get) -> None:
    """Ingestion and the filter of conversations read numbers as contacts do."""
    owner_id = new_id()
    await call(owner_id, "POST", PATH, ANN | {"phone": "030 123456"}, timezone=BERLIN)
    message = {
        "source": "twilio",
        "externalMessageId": "1",
        "channel": "SMS",
        "direction": "INBOUND",
        "contactPhone": "+49 30 123456",
        "ourPhone": "(030) 999999",
        "body": "Hello",
        "sentAt": "2026-03-01T09:00:00Z",
    }
    path = "/api/ingest/messages"
    assert (await call(owner_id, "POST", path, message, timezone=BERLIN))[0] == 201
    _, body = await get(owner_id, "/conversations", from_zone=BERLIN, phone="030 / 123456")
    assert [thread["contactName"] for thread in body["data"]] == ["Ann"]


@pytest.fixture(scope="module")
async def owner_with_people(call: Call) -> Any:
    owner_id = new_id()
    people = [
        ("José Ñandú", "jose+work@example.com", "+4930123456"),
        ("Jürgen Müller", "jm@example.org", "+4940999999"),
        ("Søren Łącki", "s@example.org", None),
        ("Ann Lee", "ann@example.org", None),
    ]
    for name, email, phone in people:
        body = {"name": name, "email": email, "phone": phone}
        assert (await call(owner_id, "POST", PATH, body))[0] == 201
    return owner_id


JOSE, MULLER, SOREN = "José Ñandú", "Jürgen Müller", "Søren Łącki"


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("jose", [JOSE]),
        ("JOSÉ", [JOSE]),
        ("nandu", [JOSE]),
        ("muller", [MULLER]),
        ("MÜLLER", [MULLER]),
        ("soren la", [SOREN]),
        ("søren łą", [SOREN]),
        ("ü", [MULLER, JOSE]),  # as u
        ("+4930123456", [JOSE]),
        (" 4930123456", [JOSE]),  # an unescaped +
        (" 49 30 123456", [JOSE]),
        ("(030) 123456", [JOSE]),
        ("030 12 34", [JOSE]),
        ("030", [JOSE]),
        ("0301", [JOSE]),
        ("0401", []),
        ("123 456", [JOSE]),
        ("123456", [JOSE]),
        ("040-999999", [MULLER]),
        ("jose work@example.com", [JOSE]),
        ("jose+work@example.com", [JOSE]),
        ("jose wo", [JOSE]),
        ("0123456789", []),
        ("50%", []),
    ],
)
async def test_search_in_any_spelling(
    get: Get, owner_with_people: Any, search: str, expected: list[str]
) -> None:
    """A number, whole or a part, in the region of the host; a text with accents or without."""
    status, body = await get(owner_with_people, "/contacts", from_zone=BERLIN, search=search)
    assert status == 200
    assert [one["name"] for one in body["data"]] == expected
    assert body["pagination"]["total"] == len(expected)


async def test_changed_and_booked_contacts_are_found(
    call: Call, get: Get, resync: Resync, booking: Booking
) -> None:
    """By what they have now only."""
    owner_id = new_id()
    await resync(booking(owner_id, invitee_name="René", invitee_phone="+4930123456"))
    (contact,) = (await get(owner_id, "/contacts", search="rene"))[1]["data"]
    path = f"{PATH}/{contact['id']}"
    assert (await call(owner_id, "PATCH", path, {"name": "Zoë", "phone": None}))[0] == 200
    for search, found in (("rene", 0), ("4930123456", 0), ("zoe", 1)):
        body = (await get(owner_id, "/contacts", search=search))[1]
        assert body["pagination"]["total"] == found, search


async def test_contacts_written_by_an_older_version_are_found(
    call: Call, get: Get, stored: Database
) -> None:
    """The database completes the key that it writes."""
    owner_id = new_id()
    body = {"name": "José", "email": "j@example.com", "phone": "+4930123456"}
    await call(owner_id, "POST", PATH, body)
    async with stored.connection() as connection:
        await connection.execute(
            "UPDATE contacts SET search_key = $2 WHERE owner_id = $1",
            owner_id,
            "josé\nj@example.com\n",
        )
    for search in ("jose", "+4930123456"):
        assert (await get(owner_id, "/contacts", search=search))[1]["pagination"]["total"] == 1
