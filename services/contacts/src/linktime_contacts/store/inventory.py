"""Rows that the operator compares with bookings, of all hosts."""

# An erased meeting stays and is not changed any more.
MEETINGS = """
    SELECT m.booking_id AS id, NULL::uuid AS about, m.version,
           CASE WHEN m.contact_id IS NULL THEN 'ERASED' ELSE m.status END AS state
      FROM meetings m
     WHERE NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = m.owner_id)
"""

DELETE_MEETING = """
    DELETE FROM meetings
     WHERE booking_id = $1
       AND ($2::bigint IS NULL OR version = $2)
"""

OWNERS = """
    SELECT DISTINCT t.owner_id AS id, NULL::uuid AS about, NULL::bigint AS version, NULL AS state
      FROM contacts t
     WHERE NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = t.owner_id)
"""
