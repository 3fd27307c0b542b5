-- A body that does not end within the limits changes no outcome; the log says so.

ALTER TABLE attempts ADD COLUMN response_truncated boolean NOT NULL DEFAULT false;
