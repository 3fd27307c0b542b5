-- Attempts are slowed down by when the last one was, no longer counted in windows. `began_at` is for
-- processes of the version before, which may still be counting while this runs.
ALTER TABLE sign_in_attempts
    ADD COLUMN last_at timestamptz NOT NULL DEFAULT now(),
    ALTER COLUMN began_at SET DEFAULT now();
CREATE INDEX sign_in_attempts_by_last ON sign_in_attempts (last_at);
