-- How long the last 20 attempts took, those of tests included, in the form of `recent`: what puts an
-- endpoint into the lane of slow ones. A breaker is judged by `recent`, which has no tests.

ALTER TABLE endpoint_health ADD COLUMN pace jsonb NOT NULL DEFAULT '[]';
