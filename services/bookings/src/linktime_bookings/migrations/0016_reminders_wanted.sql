-- Whether the invitee wants reminders of the booking, and how many minutes before the start they
-- come: the event type's when the booking was made or last moved. NULL is not known, of bookings
-- that processes of the previous release make.
ALTER TABLE bookings ADD COLUMN reminders_wanted boolean NOT NULL DEFAULT true;
ALTER TABLE bookings ADD COLUMN reminder_minutes integer[];
