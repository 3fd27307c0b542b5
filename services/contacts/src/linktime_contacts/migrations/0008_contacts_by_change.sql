-- Lists of the contacts that have changed since an instant.
CREATE INDEX contacts_by_change ON contacts (owner_id, updated_at) INCLUDE (created_at, id);
