-- Keys of e-mail addresses were casefolded, so that look-alikes (ß and ss) had one key. They become
-- lowercase keys, which are never equal where casefolded ones differ. The trigger is for processes of
-- the version before, which may still write casefolded keys while this runs. For ASCII the two are one.
CREATE FUNCTION users_lowercase_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_key := lowercase_key(NEW.email);
    RETURN NEW;
END
$$;
CREATE TRIGGER users_have_lowercase_keys BEFORE INSERT OR UPDATE OF email, email_key ON users
    FOR EACH ROW WHEN (octet_length(NEW.email) <> char_length(NEW.email))
    EXECUTE FUNCTION users_lowercase_key();
UPDATE users SET email_key = lowercase_key(email) WHERE octet_length(email) <> char_length(email);

-- Invitations had keys that differ only where a capital Σ ends a word. Of two that get one key, one
-- keeps its own until it expires.
UPDATE invitations
   SET email_key = lowercase_key(email)
 WHERE octet_length(email) <> char_length(email)
   AND email_key <> lowercase_key(email)
   AND NOT EXISTS (
           SELECT
             FROM invitations AS other
            WHERE other.organization_id = invitations.organization_id
              AND other.id <> invitations.id
              AND lowercase_key(other.email) = lowercase_key(invitations.email)
       );

-- What filters compare, and the userName that is unique.
CREATE FUNCTION lowercase_key_lines(entries jsonb) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT E'\n' || string_agg(lowercase_key(entry ->> 'value') || E'\n', '' ORDER BY position)
      FROM jsonb_array_elements(entries) WITH ORDINALITY AS listed (entry, position)
$$;
CREATE FUNCTION memberships_lowercase_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := NEW.scim_attributes;
BEGIN
    NEW.user_name_key := lowercase_key(said ->> 'userName');
    NEW.display_name_key := lowercase_key(said ->> 'displayName');
    NEW.emails_key := lowercase_key_lines(said -> 'emails');
    NEW.work_emails_key := lowercase_key_lines((
        SELECT jsonb_agg(entry ORDER BY position)
          FROM jsonb_array_elements(said -> 'emails') WITH ORDINALITY AS listed (entry, position)
         WHERE lowercase_key(entry ->> 'type') = 'work'
    ));
    RETURN NEW;
END
$$;
CREATE TRIGGER memberships_have_lowercase_keys
    BEFORE INSERT OR UPDATE OF scim_attributes, user_name_key ON memberships
    FOR EACH ROW
    WHEN (octet_length(NEW.scim_attributes::text) <> char_length(NEW.scim_attributes::text))
    EXECUTE FUNCTION memberships_lowercase_keys();
UPDATE memberships
   SET user_name_key = user_name_key
 WHERE octet_length(scim_attributes::text) <> char_length(scim_attributes::text);
