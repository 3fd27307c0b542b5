-- SCIM tokens are told apart as API keys are. The default is for processes of the version before,
-- which may still be making tokens while this runs.
ALTER TABLE scim_tokens
    ADD COLUMN name text NOT NULL DEFAULT 'SCIM token',
    ADD COLUMN last_used_at timestamptz;
