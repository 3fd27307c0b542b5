-- The directory's accounts as last heard; an older version never overwrites a newer one.
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    username text NOT NULL,
    plan text NOT NULL,
    effective_plan text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL
);

-- Who may sign in. A sign-up in progress holds its e-mail until the directory has the account;
-- after that the e-mail is the account's, which may change.
CREATE TABLE logins (
    user_id uuid PRIMARY KEY,
    password_hash text,
    created_at timestamptz NOT NULL,
    activated_at timestamptz,
    pending_email text UNIQUE,
    attempt uuid,
    CONSTRAINT logins_pending_until_active CHECK ((activated_at IS NULL) = (pending_email IS NOT NULL))
);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    last4 text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at DESC, id);

CREATE TABLE scim_tokens (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    last4 text NOT NULL,
    created_at timestamptz NOT NULL
);
