-- The language of the host's mails as a tag such as de-AT; NULL when it is not known.
ALTER TABLE hosts ADD COLUMN locale text;
