-- Accounts. Uniqueness of e-mail and username is kept here and nowhere else.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    email_key text NOT NULL,  -- casefolded by the service, as lower() depends on the server's locale
    name text NOT NULL,
    username text NOT NULL,
    timezone text NOT NULL,
    plan text NOT NULL CHECK (plan IN ('FREE', 'PRO', 'BUSINESS')),
    active boolean NOT NULL DEFAULT true,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_email_is_unique UNIQUE (email_key),
    CONSTRAINT users_username_is_unique UNIQUE (username)
);

-- An organization's plan is its owner's.
CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    owner_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL
);
CREATE INDEX organizations_by_owner ON organizations (owner_id, id);

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id, organization_id);

-- One organization only can hold a domain: holding it decides who manages an account.
CREATE TABLE verified_domains (
    domain text PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    created_at timestamptz NOT NULL
);
CREATE INDEX verified_domains_by_organization ON verified_domains (organization_id, domain);

-- Walks over the members of an organization whose plan changed; `done_until` is the last member
-- told. Each change adds a walk of its own, so nobody waits for one that is under way.
CREATE TABLE member_refreshes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    done_until uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
