-- The request that caused an event, as its client knows it. Null for events of jobs and of the time
-- before.
ALTER TABLE events ADD COLUMN request_id text;
