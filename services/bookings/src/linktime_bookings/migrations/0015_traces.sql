-- The trace context of what caused the mail: its sending is a step of that trace.
ALTER TABLE email_messages ADD COLUMN traceparent text;
