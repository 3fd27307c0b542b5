-- The trace context of the event that is to be written: the write is a step of its trace.
ALTER TABLE calendar_event_links ADD COLUMN traceparent text;
