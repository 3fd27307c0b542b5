-- Invitations to organizations, by e-mail address. Whether an account has the address is looked up
-- when its owner lists and accepts, so that one made later, or one that changes its e-mail, counts.
-- They end with the organization, and with their sender's membership.
CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,  -- casefolded by the service, as that of accounts
    role text NOT NULL CHECK (role IN ('admin', 'member')),
    invited_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (organization_id, invited_by)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT invitations_email_is_unique UNIQUE (organization_id, email_key)
);
CREATE INDEX invitations_by_email ON invitations (email_key, created_at, id);
CREATE INDEX invitations_by_sender ON invitations (organization_id, invited_by);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

-- An address has no `display` any more; what is shown has changed, and so its version.
UPDATE memberships
   SET scim_version = scim_version + 1,
       scim_attributes = jsonb_set(
           scim_attributes,
           '{emails}',
           (SELECT jsonb_agg(entry - 'display' ORDER BY position)
              FROM jsonb_array_elements(scim_attributes -> 'emails')
                   WITH ORDINALITY AS entries (entry, position))
       )
 WHERE scim_attributes @? '$.emails[*].display';
