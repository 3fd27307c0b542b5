-- How many minutes before the start invitees can still cancel and move; NULL is until the end.
ALTER TABLE bookings ADD COLUMN change_notice_minutes integer;
