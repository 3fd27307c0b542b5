-- The address (as its key) that a user has proven to receive mail at. It is compared with the
-- account's, so an account with a new address is not verified.
ALTER TABLE logins ADD COLUMN verified_email_key text;

-- One-time links in mails about accounts, one of each kind for a user: a new one replaces it. Only the
-- hash of the secret is stored. A link is valid for the address that it was sent to.
CREATE TABLE account_links (
    user_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('verify_address', 'reset_password', 'set_password')),
    token_hash bytea NOT NULL UNIQUE,
    email_key text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, kind)
);
CREATE INDEX account_links_by_expiry ON account_links (expires_at);

-- Mails that were asked for. `email_key` is what somebody typed, with or without an account: it is
-- looked up later, so that the answer takes the same time. A row remains for an hour if it became a
-- mail, to limit the mails of an account; otherwise it is deleted.
CREATE TABLE account_mail_requests (
    id uuid PRIMARY KEY,
    reason text NOT NULL CHECK (reason IN ('created', 'address_changed', 'verification', 'reset')),
    user_id uuid,
    email_key text,
    requested_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    CHECK (user_id IS NOT NULL OR email_key IS NOT NULL)
);
CREATE INDEX account_mail_requests_due ON account_mail_requests (due_at, id)
    WHERE published_at IS NULL;
CREATE INDEX account_mail_requests_of_user ON account_mail_requests (user_id, published_at)
    WHERE published_at IS NOT NULL;
