-- What a user shall be told of beside their bookings, until mail takes it from here.
CREATE TABLE notices (
    event_id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    notice text NOT NULL,
    url text NOT NULL,
    requested_at timestamptz NOT NULL
);
CREATE INDEX notices_in_order ON notices (requested_at, event_id);
