-- The trace context of the event: each attempt is a step of its trace.
ALTER TABLE events ADD COLUMN traceparent text;
