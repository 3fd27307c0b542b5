"""Rows that the operator compares with bookings and scim, of all hosts."""

RESERVATIONS = """
    SELECT id, booking_id AS about, NULL::bigint AS version, status AS state
      FROM reservations
"""

CONFIRMED = """
    SELECT id, booking_id AS about, NULL::bigint AS version, status AS state
      FROM reservations
     WHERE status = 'confirmed'
"""

# The sweeper settles an expired hold within seconds.
OVERDUE_HOLDS = """
    SELECT id, booking_id AS about, NULL::bigint AS version, status AS state
      FROM reservations
     WHERE status = 'held'
       AND expires_at < now() - interval '1 minute'
"""

BOOKING_VERSIONS = """
    SELECT booking_id AS id, reservation_id AS about, version, NULL AS state
      FROM booking_versions
"""

HOSTS = """
    SELECT h.id, NULL::uuid AS about, h.version, NULL AS state
      FROM hosts h
     WHERE NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = h.id)
"""

EVENT_LINKS = """
    SELECT booking_id AS id, NULL::uuid AS about, version, NULL AS state
      FROM calendar_event_links
     WHERE wanted = 'PRESENT'
"""

# A worker then deletes the event in the host's calendar.
UNWANT_EVENT = """
    UPDATE calendar_event_links
       SET wanted = 'ABSENT', event = NULL, version = version + 1,
           state = 'PENDING', due_at = now(), failures = 0, last_error = NULL
     WHERE booking_id = $1
       AND wanted = 'PRESENT'
"""
