-- The public holidays on which a host takes no bookings: those of a country, or of one of its regions,
-- except those whose names are in `disabled`. The dates are those of the library `holidays`.
CREATE TABLE holiday_settings (
    host_id uuid PRIMARY KEY REFERENCES hosts (id),
    country text NOT NULL,
    region text,
    disabled text[] NOT NULL
);
