"""What is removed from events of bookings and copies of calendars when a person is erased.

Copies of calendars have no index by person. They are read in pages, without a lock.
"""

from collections.abc import Sequence
from uuid import UUID

from linktime_availability.domain.erased_events import without_person
from linktime_common.caseless import lowercase_key
from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Database
from linktime_common.redaction import redacted

PAGE = 200

LOCK_LINKS = """
    SELECT booking_id, event
      FROM calendar_event_links
     WHERE host_id = $1
       AND booking_id = ANY ($2)
       AND event IS NOT NULL
     ORDER BY booking_id
       FOR UPDATE
"""

SAVE_LINK = "UPDATE calendar_event_links SET event = $3 WHERE host_id = $1 AND booking_id = $2"

# A host may be a contact, too. The answer of the host to an invitation decides what is busy.
OWN_ADDRESSES = """
    SELECT email AS address FROM hosts WHERE id = $1
     UNION
    SELECT user_name FROM calendar_accounts WHERE host_id = $1
"""

CALENDARS = "SELECT id FROM calendars WHERE host_id = $1 ORDER BY id"

# `is_ours`: the event of one of the bookings.
OBJECTS = """
    SELECT o.ref,
           o.data,
           EXISTS (SELECT
                     FROM calendar_event_links l
                    WHERE l.calendar_id = o.calendar_id
                      AND l.ref = o.ref
                      AND l.booking_id = ANY ($3)) AS is_ours
      FROM calendar_objects o
     WHERE o.host_id = $1
       AND o.calendar_id = $2
       AND o.ref > $4
     ORDER BY o.ref
     LIMIT $5
"""

# Unless the server's newer version was stored meanwhile.
SAVE_OBJECT = """
    UPDATE calendar_objects
       SET data = $5
     WHERE host_id = $1
       AND calendar_id = $2
       AND ref = $3
       AND data = $4
"""


async def erase(database: Database, person: ErasedPerson) -> Sequence[UUID]:
    """Remove the person from what is to be written to calendars, and from what was read there."""
    host_id = person.owner_id
    async with database.transaction() as connection:
        for link in await connection.fetch(LOCK_LINKS, host_id, person.ids):
            event = redacted(link["event"], person.addresses)
            await connection.execute(SAVE_LINK, host_id, link["booking_id"], event)
    async with database.connection() as connection:
        own = await connection.fetch(OWN_ADDRESSES, host_id)
        calendars = await connection.fetch(CALENDARS, host_id)
    keys = {lowercase_key(row["address"]) for row in own}
    addresses = [address for address in person.addresses if address not in keys]
    for calendar in calendars:
        await _erase_objects(database, calendar["id"], person, addresses)
    return ()


async def _erase_objects(
    database: Database, calendar_id: UUID, person: ErasedPerson, addresses: Sequence[str]
) -> None:
    host_id, after = person.owner_id, ""
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(OBJECTS, host_id, calendar_id, person.ids, after, PAGE)
            for ref, data, is_ours in rows:
                erased = without_person(data, addresses, ours=is_ours)
                if erased != data:
                    await connection.execute(SAVE_OBJECT, host_id, calendar_id, ref, data, erased)
        if len(rows) < PAGE:
            return
        after = rows[-1]["ref"]
