"""What is removed from events of bookings and copies of calendars when a person is erased."""

from linktime_availability.domain.erased_events import without_person
from linktime_common.erased_person import ErasedPerson
from linktime_common.erasure import SECONDS
from linktime_common.postgres import Connection
from linktime_common.redaction import redacted

LOCK_LINKS = """
    SELECT booking_id, event
      FROM calendar_event_links
     WHERE host_id = $1
       AND booking_id = ANY ($2)
       AND event IS NOT NULL
       FOR UPDATE
"""

SAVE_LINK = "UPDATE calendar_event_links SET event = $3 WHERE host_id = $1 AND booking_id = $2"

# An address may be split over two lines of the file. `ours`: the event of one of the bookings.
FIND_OBJECTS = r"""
    SELECT o.calendar_id, o.ref, o.data, l.booking_id IS NOT NULL AS ours
      FROM calendar_objects o
      LEFT JOIN calendar_event_links l
             ON l.calendar_id = o.calendar_id
            AND l.ref = o.ref
            AND l.booking_id = ANY ($2)
     WHERE o.host_id = $1
       AND (l.booking_id IS NOT NULL
            OR regexp_replace(lower(encode(o.data, 'escape')), '\r?\n[ \t]', '', 'g')
               LIKE ANY ($3))
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


async def empty(connection: Connection, person: ErasedPerson) -> None:
    """Remove the person from what is to be written to calendars, and from what was read there."""
    owner_id, ids = person.owner_id, list(person.ids)
    links = await connection.fetch(LOCK_LINKS, owner_id, ids)
    for link in links:
        event = redacted(link["event"], person.addresses)
        await connection.execute(SAVE_LINK, owner_id, link["booking_id"], event)
    patterns = [f"%{_escaped(address)}%" for address in person.addresses]
    objects = await connection.fetch(FIND_OBJECTS, owner_id, ids, patterns, timeout=SECONDS)
    for one in objects:
        data = without_person(one["data"], person.addresses, ours=one["ours"])
        key = (owner_id, one["calendar_id"], one["ref"], one["data"])
        await connection.execute(SAVE_OBJECT, *key, data)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
