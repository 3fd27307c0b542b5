"""What is removed from events of bookings and copies of calendars when a person is erased."""

from linktime_common.erased_person import ErasedPerson
from linktime_common.erasure import SECONDS
from linktime_common.postgres import Connection
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME, redacted, without_addresses

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

FOLDS = (b"\r\n ", b"\r\n\t", b"\n ", b"\n\t")
OF_PERSONS = frozenset({b"DESCRIPTION", b"COMMENT", b"CONTACT", b"ATTENDEE"})
WITH_NAMES = frozenset({b"ATTENDEE", b"ORGANIZER"})


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


def without_person(data: bytes, addresses: list[str], *, ours: bool) -> bytes:
    """Return the iCalendar file without the addresses, and the event of a booking without texts.

    Times and rules stay, so the same time is busy.
    """
    for fold in FOLDS:
        data = data.replace(fold, b"")
    lines = (_without_person(line, addresses, ours=ours) for line in data.split(b"\n"))
    return b"\n".join(line for line in lines if line is not None)


def _without_person(line: bytes, addresses: list[str], *, ours: bool) -> bytes | None:
    name = line.partition(b":")[0].partition(b";")[0].strip().upper()
    end = b"\r" if line.endswith(b"\r") else b""
    if ours and name in OF_PERSONS:
        return None
    if ours and name == b"SUMMARY":
        return b"SUMMARY:" + ERASED_NAME.encode() + end
    # Bytes, not characters: a server's file need not be UTF-8.
    shown = [address.encode().decode("latin-1") for address in addresses]
    changed = without_addresses(line.decode("latin-1"), shown).encode("latin-1")
    if changed != line and name in WITH_NAMES:
        return name + b":mailto:" + ERASED_EMAIL.encode() + end
    return changed


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
