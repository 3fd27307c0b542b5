"""Which time of a booking the recipient of a mail about a move knows, from the mails before it."""

from collections.abc import Sequence
from dataclasses import replace

from linktime_bookings.domain.emails import Kind
from linktime_bookings.store.emails import LeasedEmail
from linktime_common.postgres import Connection

# Asked when a mail about a move is about to be sent, since only then it is known which of the
# earlier mails were. The first mail about a move that was never sent, after the last one that the
# recipient may have, names the time that the recipient knows. A mail with a message may have been
# accepted. The address of an old mail is masked, so the recipient is known by the kind.
FIND = """
    SELECT DISTINCT ON (email.id)
           email.id,
           unsent.facts -> 'previousStartTime' AS start_time,
           unsent.facts -> 'previousEndTime' AS end_time
      FROM email_messages AS email
      JOIN email_messages AS unsent
        ON unsent.booking_id = email.booking_id
       AND unsent.owner_id = email.owner_id
       AND unsent.kind = email.kind
       AND unsent.sequence < email.sequence
     WHERE email.id = ANY ($1::uuid[])
       AND unsent.facts IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM unnest($2::text[], $3::text[]) AS same (kind, known_kind),
                  email_messages AS known
            WHERE same.kind = email.kind
              AND known.kind = same.known_kind
              AND known.booking_id = email.booking_id
              AND known.owner_id = email.owner_id
              AND known.sequence >= unsent.sequence
              AND known.sequence < email.sequence
              AND (known.status IN ('SENDING', 'SENT') OR known.content IS NOT NULL)
           )
     ORDER BY email.id, unsent.sequence
"""

_MOVES = (Kind.RESCHEDULED, Kind.HOST_RESCHEDULED)
_TO_SAME = [
    (move, kind)
    for move in _MOVES
    for kind in Kind
    if kind.is_of_booking and kind.for_invitee == move.for_invitee
]


async def with_known_times(
    connection: Connection, leased: Sequence[LeasedEmail]
) -> list[LeasedEmail]:
    """Return the mails; one about a move has the earlier time that its recipient knows."""
    moves = [email.id for email in leased if email.kind in _MOVES]
    if not moves:
        return list(leased)
    rows = await connection.fetch(FIND, moves, *zip(*_TO_SAME, strict=True))
    known = {row["id"]: (row["start_time"], row["end_time"]) for row in rows}
    return [_moved_from(email, *known.get(email.id, (None, None))) for email in leased]


def _moved_from(email: LeasedEmail, start: str | None, end: str | None) -> LeasedEmail:
    if start is None:
        return email
    facts = {**email.facts, "previousStartTime": start, "previousEndTime": end}
    return replace(email, facts=facts)
