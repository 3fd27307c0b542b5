-- Usernames of deleted accounts, as hashes: they are refused to others for some time, because old links
-- contain them.
CREATE TABLE retired_usernames (
    username_hash bytea PRIMARY KEY,
    retired_at timestamptz NOT NULL
);
CREATE INDEX retired_usernames_by_age ON retired_usernames (retired_at);
