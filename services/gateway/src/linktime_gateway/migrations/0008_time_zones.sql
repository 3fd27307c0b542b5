-- The account's time zone: its country decides how services read a phone number without its country
-- code. NULL until the account changes or `linktime resync gateway` stores it.
ALTER TABLE accounts ADD COLUMN timezone text;
