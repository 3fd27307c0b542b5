-- What is past its time is found without reading the rest.
CREATE INDEX messages_by_age ON messages (created_at);
