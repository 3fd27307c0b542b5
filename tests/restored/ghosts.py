"""Rows that refer to what does not exist, as after the restore of an older backup of the owner."""

from uuid import UUID, uuid4

from tests.hosts import Host, rows

COPY = """
    INSERT INTO {table}
    SELECT (jsonb_populate_record(t, jsonb_build_object('{key}', $2::text))).*
      FROM {table} t
     WHERE t.{key}::text = $1
"""
CALENDAR_ACCOUNT = """
    INSERT INTO calendar_accounts (id, host_id, kind, preset, server, user_name, credentials, state)
    VALUES ($1, $2, 'caldav', 'caldav', 'https://calendar.example.com', 'ann', '', 'RECONNECT')
"""
CALENDAR = """
    INSERT INTO calendars (id, account_id, host_id, ref, name, is_writable, reads, next_sync_at)
    VALUES ($1, $1, $2, 'meetings', 'Meetings', true, false, 'infinity')
"""
LINK = """
    INSERT INTO calendar_event_links
           (booking_id, host_id, calendar_id, version, sequence, wanted, starts_at, ends_at, state)
    VALUES ($1, $2, $3, 1, 0, 'PRESENT', now(), now() + interval '1 hour', 'DONE')
"""
TOKEN = """
    INSERT INTO scim_tokens (id, organization_id, name, token_hash, prefix, last4, created_at)
    VALUES ($1, $1, 'Lost', ($1::uuid)::text::bytea, 'lt_scim_', 'lost', now())
"""
ENDPOINT = "UPDATE endpoints SET owner_id = $2 WHERE owner_id = $1"
OLD_EVENT = """
    INSERT INTO outbox (event_id, routing_key, envelope, created_at, next_attempt_at)
    VALUES ($1, 'booking.created.v1', '{}', now() - interval '2 minutes', 'infinity')
"""
PARKED = """
    INSERT INTO parked_messages (id, consumer, routing_key, body, headers, reason)
    VALUES ($1, 'contacts', 'booking.created.v1', '{}', '{}', 'a test')
"""


async def copied(host: Host, service: str, table: str, key: str, of: UUID) -> UUID:
    """Return the id of a copy of a row under another id."""
    ghost = uuid4()
    await rows(host.stack, service, COPY.format(table=table, key=key), str(of), str(ghost))
    return ghost


async def event_link(host: Host) -> UUID:
    """Return the id of a booking that only a calendar event knows."""
    ghost, calendar = uuid4(), uuid4()
    await rows(host.stack, "availability", CALENDAR_ACCOUNT, calendar, host.id)
    await rows(host.stack, "availability", CALENDAR, calendar, host.id)
    await rows(host.stack, "availability", LINK, ghost, host.id, calendar)
    return ghost


async def webhook_owner(host: Host, url: str) -> UUID:
    """Return the id of a user that only an endpoint knows."""
    ghost = uuid4()
    await host.subscribe(url, "booking.created")
    await rows(host.stack, "webhooks", ENDPOINT, host.id, ghost)
    return ghost


async def scim_token(host: Host) -> UUID:
    """Return the id of a token of an organization that does not exist."""
    ghost = uuid4()
    await rows(host.stack, "gateway", TOKEN, ghost)
    return ghost
