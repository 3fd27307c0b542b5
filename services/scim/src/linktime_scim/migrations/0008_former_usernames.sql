-- Usernames that accounts had: links with them open the account until another one has the username,
-- which is not allowed for some time.
CREATE TABLE former_usernames (
    username text PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    replaced_at timestamptz NOT NULL
);
CREATE INDEX former_usernames_of_user ON former_usernames (user_id, replaced_at);
