-- Searches find a contact by its phone number, and by its name without accents. Triggers make both, so
-- that processes of the version before, which write the key without them, need not know.
CREATE FUNCTION unaccented(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- Combining marks are removed; letters that do not decompose are replaced.
    SELECT translate(
        regexp_replace(normalize($1, NFD), '[\u0300-\u036f]', '', 'g'), 'øłđı', 'oldi')
$$;

CREATE FUNCTION contacts_search_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The text with accents stays for processes of the version before, which search it.
    IF octet_length(NEW.search_key) <> char_length(NEW.search_key) THEN
        NEW.search_key := NEW.search_key || E'\n' || unaccented(NEW.search_key);
    END IF;
    NEW.search_key := concat_ws(E'\n', NEW.search_key, NEW.phone);
    RETURN NEW;
END
$$;
CREATE TRIGGER contacts_are_found BEFORE INSERT OR UPDATE OF search_key ON contacts
    FOR EACH ROW
    WHEN (NEW.phone IS NOT NULL OR octet_length(NEW.search_key) <> char_length(NEW.search_key))
    EXECUTE FUNCTION contacts_search_key();
UPDATE contacts
   SET search_key = search_key
 WHERE phone IS NOT NULL
    OR octet_length(search_key) <> char_length(search_key);
