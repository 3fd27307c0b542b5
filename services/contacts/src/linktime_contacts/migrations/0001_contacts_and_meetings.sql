CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,  -- caseless, made by the service: lower() depends on the locale
    phone text,
    company text,
    notes text,
    search_key text NOT NULL,  -- name, e-mail and company, caseless, one a line
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT contacts_email_is_unique UNIQUE (owner_id, email_key)
);
CREATE INDEX contacts_newest ON contacts (owner_id, created_at, id);
CREATE INDEX contacts_search ON contacts USING gin (search_key gin_trgm_ops);

-- One row for each booking ever heard of, also of cancelled ones and of those whose contact was
-- deleted since: the row is what keeps an older event, or an event of an old booking, from
-- bringing anything back.
CREATE TABLE meetings (
    booking_id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    contact_id uuid REFERENCES contacts (id) ON DELETE SET NULL,
    version bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('CONFIRMED', 'CANCELLED')),
    event_type_id uuid NOT NULL,
    event_type_name text NOT NULL,
    event_type_slug text NOT NULL,
    event_type_minutes integer NOT NULL
);
CREATE INDEX meetings_by_contact ON meetings (contact_id, starts_at, booking_id);
