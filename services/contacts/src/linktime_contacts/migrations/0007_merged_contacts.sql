-- Of a contact that was merged into another, the other one keeps e-mail addresses and phone numbers:
-- both find it. The arrays are what is shown and searched; the table is what is looked up.
ALTER TABLE contacts
    ADD COLUMN other_emails text[] NOT NULL DEFAULT '{}',
    ADD COLUMN other_phones text[] NOT NULL DEFAULT '{}';

CREATE TABLE contact_aliases (
    owner_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    key text NOT NULL,  -- the lowercase key of an e-mail, or a phone number
    contact_id uuid NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    PRIMARY KEY (owner_id, kind, key)
);
CREATE INDEX contact_aliases_of_contact ON contact_aliases (contact_id);

-- No contact has an address that another one keeps. After the insert, because an insert that waited for
-- the merge on the unique index sees what the merge has kept only then.
CREATE FUNCTION contacts_refuse_kept_emails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT
          FROM contact_aliases
         WHERE owner_id = NEW.owner_id
           AND kind = 'email'
           AND key = NEW.email_key
           AND contact_id <> NEW.id
    ) THEN
        RAISE unique_violation USING CONSTRAINT = 'contacts_email_is_unique';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER contacts_have_emails_of_their_own AFTER INSERT OR UPDATE OF email_key ON contacts
    FOR EACH ROW EXECUTE FUNCTION contacts_refuse_kept_emails();

CREATE OR REPLACE FUNCTION contacts_search_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_key := concat_ws(
        E'\n',
        NEW.search_key,
        nullif(lowercase_key(array_to_string(NEW.other_emails, E'\n')), ''));
    -- The text with accents stays for processes of the version before, which search it.
    IF octet_length(NEW.search_key) <> char_length(NEW.search_key) THEN
        NEW.search_key := NEW.search_key || E'\n' || unaccented(NEW.search_key);
    END IF;
    NEW.search_key := concat_ws(
        E'\n',
        NEW.search_key,
        NEW.phone,
        nullif(array_to_string(NEW.other_phones, E'\n'), ''));
    RETURN NEW;
END
$$;
DROP TRIGGER contacts_are_found ON contacts;
CREATE TRIGGER contacts_are_found BEFORE INSERT OR UPDATE OF search_key ON contacts
    FOR EACH ROW
    WHEN (NEW.phone IS NOT NULL
          OR octet_length(NEW.search_key) <> char_length(NEW.search_key)
          OR cardinality(NEW.other_emails) + cardinality(NEW.other_phones) > 0)
    EXECUTE FUNCTION contacts_search_key();
