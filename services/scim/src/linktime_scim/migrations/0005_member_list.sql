-- The dashboard's list of members, oldest first, a page at a time.
CREATE INDEX memberships_by_age ON memberships (organization_id, created_at, user_id);
