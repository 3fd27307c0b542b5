"""A person is erased from events of bookings and copies of calendars."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.availability.tests.calendar_rows import (
    ADD_LINK,
    ADD_OBJECT,
    WITH_ZOE,
    add,
    calendar_of,
)

from linktime_availability.store import erasure
from linktime_common.erased_person import ErasedPerson
from linktime_common.ids import new_id

OBJECTS = "SELECT ref, data FROM calendar_objects WHERE host_id = $1 ORDER BY ref"
LINKS = "SELECT event FROM calendar_event_links WHERE host_id = $1"
OF_BOOKING = b"SUMMARY:Zoe\r\nATTENDEE:mailto:zoe@example.com\r\nDTSTART:20260301T090000Z\r\n"
WITHOUT = b"SUMMARY:Lunch with a very long\r\n  title\r\n"


async def rows(world: Any, statement: str, host_id: UUID) -> list[tuple[Any, ...]]:
    async with world.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement, host_id)]


def person(host_id: UUID, *ids: UUID, email: str = "zoe@example.com") -> ErasedPerson:
    now = datetime.now(UTC)
    return ErasedPerson(owner_id=host_id, emails=[email], phones=[], ids=ids, requested_at=now)


async def test_events_of_bookings_and_other_events_are_erased(world: Any) -> None:
    """What has nothing of the person keeps its bytes; so does another host's calendar."""
    host, other, booking = await world.host(), await world.host(), new_id()
    calendar, others = await calendar_of(world, host.id), await calendar_of(world, other.id)
    event = {"inviteeName": "Zoë", "inviteeEmail": "zoe@example.com", "sequence": 0}
    await add(world, ADD_LINK, booking, host.id, calendar, event, "a.ics")
    await add(world, ADD_OBJECT, calendar, host.id, "a.ics", OF_BOOKING)
    await add(world, ADD_OBJECT, calendar, host.id, "b.ics", WITH_ZOE)
    await add(world, ADD_OBJECT, calendar, host.id, "c.ics", WITHOUT)
    await add(world, ADD_OBJECT, others, other.id, "b.ics", WITH_ZOE)
    for _ in range(2):
        await erasure.erase(world.database, person(host.id, booking))
    assert await rows(world, OBJECTS, host.id) == [
        ("a.ics", b"SUMMARY:Erased\r\nDTSTART:20260301T090000Z\r\n"),
        ("b.ics", b"SUMMARY:Lunch\r\nATTENDEE:mailto:erased@erased.invalid\r\n"),
        ("c.ics", WITHOUT),
    ]
    assert await rows(world, OBJECTS, other.id) == [("b.ics", WITH_ZOE)]
    ((stored,),) = await rows(world, LINKS, host.id)
    assert stored["inviteeEmail"] == "erased@erased.invalid"


async def test_the_hosts_own_addresses_stay_in_the_calendar(world: Any) -> None:
    """What the host answered to an invitation decides whether its time is busy."""
    host = await world.host()
    calendar = await calendar_of(world, host.id, user_name="Ann@dav.example.com")
    own = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{host.email}\r\n".encode()
    at_server = b"ATTENDEE;PARTSTAT=DECLINED:mailto:ann@dav.example.com\r\n"
    await add(world, ADD_OBJECT, calendar, host.id, "a.ics", own)
    await add(world, ADD_OBJECT, calendar, host.id, "b.ics", at_server)
    for email in (host.email.lower(), "ann@dav.example.com"):
        await erasure.erase(world.database, person(host.id, email=email))
    assert await rows(world, OBJECTS, host.id) == [("a.ics", own), ("b.ics", at_server)]


async def test_objects_are_read_page_by_page(world: Any) -> None:
    host = await world.host()
    calendar = await calendar_of(world, host.id)
    for number in range(erasure.PAGE + 5):
        await add(world, ADD_OBJECT, calendar, host.id, f"{number:04}.ics", WITH_ZOE)
    await erasure.erase(world.database, person(host.id))
    assert not [ref for ref, data in await rows(world, OBJECTS, host.id) if b"zoe" in data]
