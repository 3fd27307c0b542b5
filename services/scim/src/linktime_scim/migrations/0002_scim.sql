CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Accounts so far were made by the operator, who vouches for their addresses.
ALTER TABLE users
    ADD COLUMN email_verified boolean NOT NULL DEFAULT true,
    ADD COLUMN managed_by uuid REFERENCES organizations (id),
    ADD COLUMN credentials_valid_from timestamptz;
ALTER TABLE users ALTER COLUMN email_verified SET DEFAULT false;

-- What an identity provider says of a member; a membership without scim_attributes was not
-- provisioned. The keys are what filters compare, casefolded by the service where letter case does
-- not count; those of e-mail addresses stand between line feeds, as there are several.
ALTER TABLE memberships
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN scim_attributes jsonb,
    ADD COLUMN scim_active boolean,
    ADD COLUMN scim_version bigint,
    ADD COLUMN scim_created_at timestamptz,
    ADD COLUMN scim_updated_at timestamptz,
    ADD COLUMN user_name_key text COLLATE "C",
    ADD COLUMN external_id text COLLATE "C",
    ADD COLUMN display_name_key text COLLATE "C",
    ADD COLUMN emails_key text COLLATE "C",
    ADD COLUMN work_emails_key text COLLATE "C",
    ADD CONSTRAINT memberships_id_is_unique UNIQUE (id),
    ADD CONSTRAINT memberships_user_name_is_unique UNIQUE (organization_id, user_name_key),
    ADD CONSTRAINT memberships_provisioned_wholly CHECK (
        (scim_attributes IS NULL) = (user_name_key IS NULL)
        AND (scim_attributes IS NULL) = (scim_active IS NULL)
        AND (scim_attributes IS NULL) = (scim_version IS NULL)
        AND (scim_attributes IS NULL) = (scim_created_at IS NULL)
        AND (scim_attributes IS NULL) = (scim_updated_at IS NULL)
        AND (scim_attributes IS NULL) = (emails_key IS NULL)
    );

-- Lists are in this order, and counted by this index alone.
CREATE INDEX memberships_provisioned ON memberships (organization_id, scim_created_at, id)
    WHERE scim_attributes IS NOT NULL;
CREATE INDEX memberships_by_external_id ON memberships (organization_id, external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX memberships_by_display_name ON memberships (organization_id, display_name_key)
    WHERE display_name_key IS NOT NULL;
CREATE INDEX memberships_by_emails ON memberships USING gin (
    string_to_array(emails_key, E'\n'),
    string_to_array(work_emails_key, E'\n')
);
-- For "contains" and "starts with".
CREATE INDEX memberships_search ON memberships USING gin (
    user_name_key gin_trgm_ops,
    external_id gin_trgm_ops,
    display_name_key gin_trgm_ops,
    emails_key gin_trgm_ops,
    work_emails_key gin_trgm_ops
);
