-- An account's credentials can be ended all at once: those made under an earlier `credentials_valid_from`
-- than the account's open nothing. What was made under which is told by this value and by no clock: a
-- session is made under what its password was, a key under what its session was.
ALTER TABLE accounts ADD COLUMN credentials_valid_from timestamptz;
ALTER TABLE logins ADD COLUMN made_under timestamptz;
ALTER TABLE sessions ADD COLUMN made_under timestamptz;
ALTER TABLE api_keys ADD COLUMN made_under timestamptz;
