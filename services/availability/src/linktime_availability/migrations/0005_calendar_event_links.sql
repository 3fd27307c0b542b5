-- The event of a booking in its host's calendar: what is wanted, and what the server has. `version`
-- is that of the booking's newest known event, `event` the booking while it is to be written.
-- `ref` and `server_version` are as the last write or reading left them. A worker has the link
-- until `leased_until`.
CREATE TABLE calendar_event_links (
    booking_id uuid PRIMARY KEY,
    host_id uuid NOT NULL,
    calendar_id uuid NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    version bigint NOT NULL,
    sequence integer NOT NULL,
    wanted text NOT NULL CHECK (wanted IN ('PRESENT', 'ABSENT')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    event jsonb,
    state text NOT NULL DEFAULT 'PENDING'
        CHECK (state IN ('PENDING', 'DONE', 'DRIFTED', 'FAILED')),
    ref text,
    server_version text,
    settled_at timestamptz,
    due_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    failures integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX calendar_event_links_due ON calendar_event_links (due_at) WHERE state = 'PENDING';
CREATE INDEX calendar_event_links_of_calendar ON calendar_event_links (calendar_id, ref);
CREATE INDEX calendar_event_links_ended ON calendar_event_links (ends_at);
