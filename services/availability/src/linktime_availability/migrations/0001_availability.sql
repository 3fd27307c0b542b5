-- Equality of uuids inside a GiST index: what lets one constraint compare host, booking and time.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- A projection of scim's users. Names are unique there, not here: events may arrive in any order.
CREATE TABLE hosts (
    id uuid PRIMARY KEY,
    username text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    timezone text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX hosts_by_username ON hosts (username);
CREATE INDEX hosts_by_email ON hosts (email);

-- Windows are [start, end] in minutes of the wall day; weekly has seven lists, Monday first.
CREATE TABLE schedules (
    host_id uuid PRIMARY KEY REFERENCES hosts (id),
    timezone text NOT NULL,
    weekly jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE schedule_overrides (
    host_id uuid NOT NULL REFERENCES schedules (host_id),
    on_date date NOT NULL,
    windows jsonb NOT NULL,
    PRIMARY KEY (host_id, on_date)
);

CREATE TABLE event_types (
    id uuid PRIMARY KEY,
    host_id uuid NOT NULL REFERENCES hosts (id),
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    duration_minutes integer NOT NULL CHECK (duration_minutes BETWEEN 5 AND 1440),
    slot_interval_minutes integer NOT NULL CHECK (slot_interval_minutes BETWEEN 5 AND 1440),
    buffer_before integer NOT NULL CHECK (buffer_before BETWEEN 0 AND 1440),
    buffer_after integer NOT NULL CHECK (buffer_after BETWEEN 0 AND 1440),
    minimum_notice_minutes integer NOT NULL CHECK (minimum_notice_minutes >= 0),
    max_days_in_advance integer NOT NULL CHECK (max_days_in_advance >= 0),
    daily_limit integer CHECK (daily_limit >= 1),
    location text,
    questions jsonb NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_types_slug_is_unique UNIQUE (host_id, slug)
);
CREATE INDEX event_types_listed ON event_types (host_id, created_at, id) WHERE active;

-- One row for each time that bookings ever asked for; its times never change. A freed row stays,
-- so that its id is never revived; one freed before it was made is a tombstone with an id alone.
CREATE TABLE reservations (
    id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('held', 'confirmed', 'freed')),
    booking_id uuid,
    host_id uuid,
    event_type_id uuid,
    starts_at timestamptz,
    ends_at timestamptz,
    buffer_before integer,
    buffer_after integer,
    expires_at timestamptz,
    snapshot jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservations_live_are_whole CHECK (
        status = 'freed'
        OR (num_nulls(booking_id, host_id, event_type_id, buffer_before, buffer_after, snapshot) = 0
            AND starts_at < ends_at AND starts_at IS NOT NULL AND ends_at IS NOT NULL)
    ),
    CONSTRAINT reservations_holds_expire CHECK ((status = 'held') = (expires_at IS NOT NULL)),
    CONSTRAINT reservations_host_time_is_free EXCLUDE USING gist (
        host_id WITH =,
        booking_id WITH <>,
        tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status <> 'freed')
);
-- What blocks a range and what counts towards a day's limit are both read by this one.
CREATE INDEX reservations_by_start ON reservations (host_id, starts_at) WHERE status <> 'freed';
CREATE INDEX reservations_of_booking ON reservations (booking_id) WHERE status <> 'freed';
CREATE INDEX reservations_expiring ON reservations (expires_at, id) WHERE status = 'held';

-- The last event taken in of each booking, also of those that are cancelled.
CREATE TABLE booking_versions (
    booking_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    reservation_id uuid NOT NULL
);
