-- As when booked; unknown of bookings made before.
ALTER TABLE bookings ADD COLUMN host_timezone text;
