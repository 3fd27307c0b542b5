CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE bookings (
    id uuid PRIMARY KEY,
    host_id uuid NOT NULL,
    version bigint NOT NULL,
    sequence integer NOT NULL,
    status text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    buffer_before integer NOT NULL,
    buffer_after integer NOT NULL,
    invitee_name text NOT NULL,
    invitee_email text NOT NULL,
    invitee_timezone text NOT NULL,
    invitee_phone text,
    notes text,
    answers jsonb NOT NULL,
    event_type_id uuid NOT NULL,
    event_type_name text NOT NULL,
    event_type_slug text NOT NULL,
    event_type_minutes integer NOT NULL,
    host_name text NOT NULL,
    host_email text NOT NULL,
    host_username text NOT NULL,
    location text,
    source text NOT NULL,
    reservation_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    cancelled_at timestamptz,
    cancellation_reason text,
    CONSTRAINT bookings_end_after_start CHECK (ends_at > starts_at),
    CONSTRAINT bookings_cancelled_have_a_time
        CHECK ((status = 'CANCELLED') = (cancelled_at IS NOT NULL)),
    -- The second safety: whatever availability granted, two live bookings never share a host's time.
    CONSTRAINT bookings_host_time_is_free
        EXCLUDE USING gist (host_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (status <> 'CANCELLED')
);

-- A page of the list is found, skipped to and counted in one of these without touching the rows.
CREATE INDEX bookings_by_start ON bookings (host_id, starts_at DESC, id);
CREATE INDEX bookings_by_status_and_start ON bookings (host_id, status, starts_at DESC, id);

-- How many bookings a host has by status, so that a list of 100,000 need not count them.
CREATE TABLE booking_counts (
    host_id uuid NOT NULL,
    status text NOT NULL,
    bookings bigint NOT NULL,
    PRIMARY KEY (host_id, status)
);

-- A trigger, so that no statement that changes a status can forget it. Counts are taken in the
-- order old, new; as no booking ever goes back to an earlier status, two cannot deadlock.
CREATE FUNCTION count_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE booking_counts
           SET bookings = bookings - 1
         WHERE host_id = OLD.host_id AND status = OLD.status;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO booking_counts AS known (host_id, status, bookings)
        VALUES (NEW.host_id, NEW.status, 1)
        ON CONFLICT (host_id, status) DO UPDATE SET bookings = known.bookings + 1;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER bookings_are_counted AFTER INSERT OR DELETE ON bookings
    FOR EACH ROW EXECUTE FUNCTION count_booking();
CREATE TRIGGER bookings_are_counted_again AFTER UPDATE OF status ON bookings
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION count_booking();

-- What happened to each booking, one row for each of its versions.
CREATE TABLE booking_history (
    booking_id uuid NOT NULL REFERENCES bookings (id),
    version bigint NOT NULL,
    type text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    reason text,
    from_starts_at timestamptz,
    to_starts_at timestamptz,
    PRIMARY KEY (booking_id, version)
);

-- Whether a reservation became a booking's or was given back. The first to write decides, for ever.
CREATE TABLE reservation_fates (
    reservation_id uuid PRIMARY KEY,
    fate text NOT NULL CHECK (fate IN ('used', 'abandoned')),
    decided_at timestamptz NOT NULL DEFAULT now()
);
