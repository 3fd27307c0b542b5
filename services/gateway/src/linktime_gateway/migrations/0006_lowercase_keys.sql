-- Keys of e-mail addresses were casefolded, so that look-alikes (ß and ss) had one key. They become
-- lowercase keys, which are never equal where casefolded ones differ. The trigger is for processes of
-- the version before, which may still write casefolded keys while this runs. For ASCII the two are one.
CREATE FUNCTION accounts_lowercase_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_key := lowercase_key(NEW.email);
    RETURN NEW;
END
$$;
CREATE TRIGGER accounts_have_lowercase_keys BEFORE INSERT OR UPDATE OF email, email_key ON accounts
    FOR EACH ROW WHEN (octet_length(NEW.email) <> char_length(NEW.email))
    EXECUTE FUNCTION accounts_lowercase_key();
UPDATE accounts SET email_key = lowercase_key(email) WHERE octet_length(email) <> char_length(email);
