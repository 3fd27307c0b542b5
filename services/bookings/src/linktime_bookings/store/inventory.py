"""Rows that the operator compares with availability and contacts, of all hosts."""

# What belongs to a deleted host is not compared: every service deletes it at its own time.
BOOKINGS = """
    SELECT b.id, b.reservation_id AS about, b.version,
           CASE WHEN EXISTS (SELECT FROM user_deletions d WHERE d.user_id = b.host_id)
                THEN 'DELETED' ELSE b.status END AS state
      FROM bookings b
"""

MAILS = """
    SELECT id, booking_id AS about, NULL::bigint AS version, status AS state
      FROM email_messages
     WHERE booking_id IS NOT NULL
"""

REMINDERS = """
    SELECT DISTINCT booking_id AS id, booking_id AS about, NULL::bigint AS version, NULL AS state
      FROM reminders
"""

# A booking never appears after its mails and reminders: one statement writes them.
DELETE_MAIL = """
    DELETE FROM email_messages m
     WHERE m.id = $1
       AND NOT EXISTS (SELECT FROM bookings b WHERE b.id = m.booking_id)
"""

DELETE_REMINDERS = """
    DELETE FROM reminders r
     WHERE r.booking_id = $1
       AND NOT EXISTS (SELECT FROM bookings b WHERE b.id = r.booking_id)
"""

HOSTS = """
    SELECT DISTINCT t.host_id AS id, NULL::uuid AS about, NULL::bigint AS version, NULL AS state
      FROM bookings t
     WHERE NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = t.host_id)
"""
