-- When invitees are reminded, in minutes before the start; empty is never.
ALTER TABLE event_types ADD COLUMN reminder_minutes integer[] NOT NULL DEFAULT '{1440,60}';
