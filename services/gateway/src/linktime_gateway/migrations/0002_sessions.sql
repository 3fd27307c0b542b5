-- Signing in asks for an e-mail whatever its letter case. The service writes the key; what is there
-- already is near enough until its account is next heard of.
ALTER TABLE accounts ADD COLUMN email_key text;
UPDATE accounts SET email_key = lower(email);
ALTER TABLE accounts ALTER COLUMN email_key SET NOT NULL;
CREATE INDEX accounts_by_email ON accounts (email_key);

-- Signed-in browsers. Only the hash of what the cookie holds is kept.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_age ON sessions (created_at);
CREATE INDEX sessions_by_idleness ON sessions (last_seen_at);

-- Passwords tried, counted by e-mail and by address. Counted before the password is looked at, so
-- that many tries at once are no more than that many tries.
CREATE TABLE sign_in_attempts (
    subject text PRIMARY KEY,
    began_at timestamptz NOT NULL,
    attempts integer NOT NULL
);
CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (began_at);

ALTER TABLE scim_tokens ADD COLUMN revoked_at timestamptz;
CREATE INDEX scim_tokens_by_organization ON scim_tokens (organization_id, created_at DESC, id);
