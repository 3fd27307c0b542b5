-- Ties by id; a page is found and skipped to in the index alone.
CREATE INDEX contacts_newest_first ON contacts (owner_id, created_at DESC, id);
DROP INDEX contacts_newest;

-- Whose number it is that wrote or called.
CREATE INDEX contacts_by_phone ON contacts (owner_id, phone, created_at, id)
    WHERE phone IS NOT NULL;

-- How many contacts an owner has, so that a list of 100,000 need not count them.
CREATE TABLE contact_counts (
    owner_id uuid PRIMARY KEY,
    contacts bigint NOT NULL
);

-- Triggers, so that no statement that adds or removes contacts can forget it; once for each
-- statement, because one row changed 100,000 times in a transaction takes minutes.
CREATE FUNCTION count_added_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contact_counts AS known (owner_id, contacts)
    SELECT owner_id, count(*) FROM added GROUP BY owner_id ORDER BY owner_id
    ON CONFLICT (owner_id) DO UPDATE SET contacts = known.contacts + excluded.contacts;
    RETURN NULL;
END
$$;
CREATE FUNCTION count_removed_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contact_counts AS known (owner_id, contacts)
    SELECT owner_id, -count(*) FROM removed GROUP BY owner_id ORDER BY owner_id
    ON CONFLICT (owner_id) DO UPDATE SET contacts = known.contacts + excluded.contacts;
    RETURN NULL;
END
$$;
CREATE TRIGGER contacts_added_are_counted AFTER INSERT ON contacts
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added_contacts();
CREATE TRIGGER contacts_removed_are_counted AFTER DELETE ON contacts
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed_contacts();
INSERT INTO contact_counts SELECT owner_id, count(*) FROM contacts GROUP BY owner_id;
