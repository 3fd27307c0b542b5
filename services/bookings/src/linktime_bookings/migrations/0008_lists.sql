-- Filters of the list of bookings: event type, invitee, time of the last change.

-- The key of linktime_common.caseless.lowercase_key, faster for ASCII, which most addresses are.
CREATE FUNCTION email_key(email text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN octet_length(email) = char_length(email) THEN lower(email COLLATE "C")
            ELSE lowercase_key(email) END;

CREATE INDEX bookings_by_event_type ON bookings (host_id, event_type_id, starts_at DESC, id);
CREATE INDEX bookings_by_invitee ON bookings (host_id, email_key(invitee_email), starts_at DESC, id);
CREATE INDEX bookings_by_change ON bookings (host_id, updated_at) INCLUDE (starts_at, id);
