-- Users whose rows this service deletes. The row stays, without personal data: late events of the user
-- are recognised by it.
CREATE TABLE user_deletions (
    user_id uuid PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT now(),
    runs integer NOT NULL DEFAULT 0,  -- that are complete; the second one is the last
    due_at timestamptz NOT NULL DEFAULT now()  -- later while a process works on it, or it must wait
);
CREATE INDEX user_deletions_due ON user_deletions (due_at);
