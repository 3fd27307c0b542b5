-- The language of mails as a tag such as de-AT; NULL when it is not known.
ALTER TABLE users ADD COLUMN locale text;
