-- When a host takes no bookings: from `first_date` to `last_date` in the schedule's zone, both
-- included, or from `starts_at` until `ends_at`.
CREATE TABLE time_off (
    id uuid PRIMARY KEY,
    host_id uuid NOT NULL REFERENCES hosts (id),
    name text NOT NULL,
    first_date date,
    last_date date,
    starts_at timestamptz,
    ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT time_off_is_a_range CHECK (
        (num_nulls(first_date, last_date) = 0 AND num_nonnulls(starts_at, ends_at) = 0
            AND first_date <= last_date)
        OR (num_nonnulls(first_date, last_date) = 0 AND num_nulls(starts_at, ends_at) = 0
            AND starts_at < ends_at)
    )
);
CREATE INDEX time_off_of_host ON time_off (host_id);
