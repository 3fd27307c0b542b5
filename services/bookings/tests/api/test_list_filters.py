"""Filters, orders and cursors of the list of bookings."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability, FakeContacts

from linktime_common.contracts.internal_api.contacts import FoundContact, IdentifiedContact
from linktime_common.postgres import Database
from linktime_common.redaction import ERASED_EMAIL

ZOE = "zoe+work@example.com"


def a_contact(email: str) -> FoundContact:
    return FoundContact(id=uuid4(), name="Zoë", email=email, phone=None, company=None)


async def found(host: Caller, **query: str) -> list[str]:
    reply = await host.get("", **query)
    assert reply.status == 200, reply.body
    assert reply.body["pagination"]["total"] == len(reply.body["data"])
    return [item["id"] for item in reply.body["data"]]


async def pages(host: Caller, **query: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the pages of a list, read with cursors to its end."""
    more: dict[str, str] = {}
    number = 1
    while True:
        reply = await host.get("", **query, **more)
        assert reply.status == 200, reply.body
        assert reply.body["pagination"]["page"] == number
        yield reply.body["data"]
        if reply.body["pagination"]["nextCursor"] is None:
            return
        more = {"cursor": reply.body["pagination"]["nextCursor"]}
        number += 1


async def walked(host: Caller, **query: str) -> list[str]:
    return [item["id"] async for page in pages(host, **query) for item in page]


async def test_filters_select_together(
    host: Caller, event_type: EventType, availability: FakeAvailability, contacts: FakeContacts
) -> None:
    """By event type, invitee and contact, with the status and in either order."""
    other = availability.add(EventType(event_type.host, slug="other"))
    intro = await host.booked(slot(0))
    zoes = await host.booked(slot(1), inviteeEmail=ZOE)
    others = await host.booked(slot(2), eventTypeSlug="other", inviteeEmail=ZOE.upper())
    gone = await host.booked(slot(3), eventTypeSlug="other")
    await host.post(f"/{gone}/cancel")
    zoe = contacts.known[host.host_id, ZOE] = a_contact(ZOE)
    of_other, of_zoe = {"eventTypeId": str(other.id)}, {"contactId": str(zoe.id)}
    for query, expected in (
        (of_other, [gone, others]),
        (of_other | {"order": "asc"}, [others, gone]),
        (of_other | {"status": "cancelled"}, [gone]),
        (of_other | {"from": wire(slot(3))}, [gone]),
        ({"eventTypeId": str(event_type.id)}, [zoes, intro]),
        ({"eventTypeId": str(uuid4())}, []),
        ({"inviteeEmail": ZOE}, [others, zoes]),
        ({"inviteeEmail": "ZOE+Work@Example.com"}, [others, zoes]),
        ({"inviteeEmail": "zoe work@example.com"}, [others, zoes]),
        ({"inviteeEmail": "grace@navy.example", "status": "confirmed"}, [intro]),
        ({"inviteeEmail": "nobody@example.com"}, []),
        (of_zoe, [others, zoes]),
        (of_zoe | of_other, [others]),
        (of_zoe | {"inviteeEmail": ZOE, "order": "ASC"}, [zoes, others]),
        (of_zoe | {"inviteeEmail": "grace@navy.example"}, []),
        ({"contactId": str(uuid4())}, []),
        ({"order": "asc"}, [intro, zoes, others, gone]),
    ):
        assert await found(host, **query) == expected, query
        assert await walked(host, limit="1", **query) == expected, query


async def test_a_merged_contact_has_the_bookings_of_all_its_addresses(
    host: Caller, contacts: FakeContacts
) -> None:
    """Those of the contact that was merged into it, too."""
    ids = [
        await host.booked(slot(number), inviteeEmail=email)
        for number, email in enumerate((ZOE, "zoe@old.example", "other@example.com"))
    ]
    known = a_contact(ZOE).model_dump(by_alias=False)
    merged = IdentifiedContact(**known, other_emails=["Zoe@old.example"])
    contacts.known[host.host_id, ZOE] = merged
    assert await found(host, contactId=str(merged.id)) == [ids[1], ids[0]]
    assert await found(host, contactId=str(merged.id), inviteeEmail=ZOE) == [ids[0]]


async def test_a_contact_of_another_host_has_no_bookings(
    host: Caller, stranger: Caller, contacts: FakeContacts
) -> None:
    """The contact is looked up as the host's own."""
    await host.booked(slot(0), inviteeEmail=ZOE)
    foreign = contacts.known[stranger.host_id, ZOE] = a_contact(ZOE)
    assert await found(host, contactId=str(foreign.id)) == []


async def test_a_list_by_contact_needs_contacts(host: Caller, contacts: FakeContacts) -> None:
    """503 instead of a wrong list; other filters do not ask for the contact."""
    contacts.is_silent = True
    reply = await host.get("", contactId=str(uuid4()))
    assert (reply.status, "Retry-After" in reply.headers) == (503, True)
    assert (await host.get("", inviteeEmail=ZOE)).status == 200


async def test_updated_since_lists_what_has_changed(host: Caller) -> None:
    """Made, moved or cancelled at the instant or later."""
    kept, moved, gone = [await host.booked(slot(number)) for number in range(3)]
    first = (await host.get(f"/{kept}")).body["updatedAt"]
    since = datetime.now(UTC)
    await host.post(f"/{moved}/reschedule", {"newStartTime": wire(slot(9))})
    await host.post(f"/{gone}/cancel")
    new = await host.booked(slot(5))
    stamp = since.isoformat(timespec="milliseconds")
    assert await found(host, updatedSince=stamp) == [moved, new, gone]
    assert await found(host, updatedSince=stamp, status="cancelled") == [gone]
    assert await found(host, updatedSince=stamp, order="asc") == [gone, new, moved]
    assert kept in await found(host, updatedSince=first)
    assert await found(host, updatedSince="2099-01-01T00:00:00Z") == []
    assert await walked(host, updatedSince=stamp, limit="1") == [moved, new, gone]


async def test_asc_is_the_reverse_of_desc(host: Caller) -> None:
    """Also of bookings with the same start, whichever way the list is read."""
    for _ in range(3):
        await host.post(f"/{await host.booked(slot(0))}/cancel")
    await host.booked(slot(1))
    newest_first = await found(host)
    for status in ("all", "cancelled"):
        expected = newest_first if status == "all" else newest_first[1:]
        assert await walked(host, limit="1", status=status) == expected
        assert await walked(host, limit="1", status=status, order="asc") == expected[::-1]
        assert await found(host, status=status, order="asc") == expected[::-1]


async def test_a_cursor_walk_is_exact_while_rows_come_and_go(host: Caller) -> None:
    """A booking that stays is listed exactly once, none is listed twice.

    Writers cancel bookings and make new ones before, between and after those that stay; with
    `page` the cancelled ones would shift later pages over bookings that were not listed.
    """
    staying = [await host.booked(slot(4 * number)) for number in range(8)]
    going = [(await host.booked(slot(4 * number + 1)), number) for number in range(8)]
    is_done = asyncio.Event()

    async def write() -> None:
        while not is_done.is_set():
            booking_id, number = going.pop(0)
            assert (await host.post(f"/{booking_id}/cancel")).status == 200
            going.append((await host.booked(slot(4 * number + 1)), number))

    for order in ("desc", "asc"):
        is_done.clear()
        writers = [asyncio.create_task(write()) for _ in range(3)]
        seen: list[str] = []
        async for page in pages(host, order=order, status="confirmed", limit="2"):
            seen += [item["id"] for item in page]
            cancelled = going.pop(0)
            assert (await host.post(f"/{cancelled[0]}/cancel")).status == 200
            going.append((await host.booked(slot(4 * cancelled[1] + 1)), cancelled[1]))
        is_done.set()
        await asyncio.gather(*writers)
        assert len(seen) == len(set(seen))
        kept = [one for one in seen if one in staying]
        assert kept == (staying[::-1] if order == "desc" else staying)


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ({"order": "up"}, {"order": "Must be one of: 'asc' or 'desc'"}),
        ({"eventTypeId": "intro"}, {"eventTypeId": "Not a known id"}),
        ({"contactId": ""}, {"contactId": "Not a known id"}),
        ({"inviteeEmail": "zoe"}, {"inviteeEmail": "Invalid email format"}),
        (
            {"updatedSince": "2026-03-01T10:00"},
            {"updatedSince": "The time needs an offset, such as Z or +02:00"},
        ),
        (
            {"cursor": "AAAA"},
            {"cursor": "Expected the nextCursor of this list, with the same filters and order"},
        ),
    ],
)
async def test_a_wrong_parameter_is_named(
    host: Caller, query: dict[str, str], details: dict[str, str]
) -> None:
    """400 with the parameter and what it takes."""
    reply = await host.get("", **query)
    assert (reply.status, reply.body["details"]) == (400, details)


async def test_a_cursor_of_another_host_or_filter_is_refused(
    host: Caller, stranger: Caller
) -> None:
    """400, whatever it would have found."""
    for number in range(2):
        await host.booked(slot(number))
    cursor = (await host.get("", limit="1")).body["pagination"]["nextCursor"]
    assert (await host.get("", cursor=cursor)).status == 200
    for caller, query in (
        (stranger, {}),
        (host, {"status": "confirmed"}),
        (host, {"order": "asc"}),
    ):
        reply = await caller.get("", cursor=cursor, **query)
        assert (reply.status, list(reply.body["details"])) == (400, ["cursor"])


async def test_misspelled_filters_are_named(host: Caller) -> None:
    """They are ignored, and the response says so."""
    reply = await host.get("", stauts="CANCELLED", order="asc")
    assert reply.headers["LinkTime-Ignored-Parameters"] == "stauts"


async def test_erased_bookings_are_not_found_by_the_address_that_they_share(
    host: Caller, database: Database, contacts: FakeContacts
) -> None:
    """Neither by the address nor by a contact that has it from an earlier version."""
    booking = await host.booked(slot(0))
    async with database.connection() as connection:
        change = "UPDATE bookings SET invitee_email = $2 WHERE id = $1"
        await connection.execute(change, UUID(booking), ERASED_EMAIL)
    contact = contacts.known[host.host_id, ERASED_EMAIL] = a_contact(ERASED_EMAIL)
    assert await found(host) == [booking]
    assert await found(host, inviteeEmail=ERASED_EMAIL) == []
    assert await found(host, contactId=str(contact.id)) == []
