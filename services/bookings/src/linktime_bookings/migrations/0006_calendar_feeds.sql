-- The secret address of a host's bookings; making another one replaces the row.
CREATE TABLE calendar_feeds (
    host_id uuid PRIMARY KEY,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT calendar_feeds_token_is_unique UNIQUE (token_hash)
);
