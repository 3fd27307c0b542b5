-- Until when the server of a calendar wants no more requests (Retry-After). Readings wait by next_sync_at; a booking,
-- which asks calendars besides, has only this.
ALTER TABLE calendars ADD COLUMN limited_until timestamptz;
