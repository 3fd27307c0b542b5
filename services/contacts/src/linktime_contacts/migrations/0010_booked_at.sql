-- When the booking was made, to erase a person with the bookings from before the request only.
-- NULL: recorded by an earlier version, or erased.
ALTER TABLE meetings ADD COLUMN booked_at timestamptz;
