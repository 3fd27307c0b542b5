"""What is removed from stored events and attempts when a host erases a person."""

from linktime_common.erased_person import ErasedPerson
from linktime_common.erasure import SECONDS
from linktime_common.postgres import Connection

FIND_EVENTS = """
    SELECT created_at, id, body
      FROM events
     WHERE owner_id = $1
       AND (lower(convert_from(body, 'UTF8')) LIKE ANY ($2)
            OR (occurred_at <= $4 AND lower(convert_from(body, 'UTF8')) LIKE ANY ($3)))
"""

SAVE_EVENT = "UPDATE events SET body = $3 WHERE created_at = $1 AND id = $2"

# A receiver's answer may repeat what it was sent.
EMPTY_ATTEMPTS = """
    UPDATE attempts
       SET response_headers = '', response_body = ''
     WHERE delivery_id IN (
           SELECT d.id
             FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id
            WHERE e.owner_id = $1
              AND d.event_id = ANY ($2)
            UNION ALL
           SELECT h.id
             FROM delivery_history h JOIN endpoints e ON e.id = h.endpoint_id
            WHERE e.owner_id = $1
              AND h.event_id = ANY ($2)
           )
       AND (response_headers <> '' OR response_body <> '')
"""


async def empty(connection: Connection, person: ErasedPerson) -> None:
    """Replace the person in events; one that is still to be sent is sent in this form."""
    found = await connection.fetch(
        FIND_EVENTS,
        person.owner_id,
        person.id_patterns(),
        person.address_patterns(),
        person.requested_at,
        timeout=SECONDS,
    )
    if found:
        changed = [
            (event["created_at"], event["id"], person.without_person(event["body"]))
            for event in found
        ]
        await connection.executemany(SAVE_EVENT, changed)
        ids = [event["id"] for event in found]
        await connection.execute(EMPTY_ATTEMPTS, person.owner_id, ids, timeout=SECONDS)
