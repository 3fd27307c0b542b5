-- How the pages of a host look, and which sites may show them in a frame. A host without a row has
-- the defaults.
CREATE TABLE brands (
    host_id uuid PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
    accent_colour text,
    welcome_text text,
    embed_sites text[] NOT NULL DEFAULT '{}',
    logo bytea CHECK (octet_length(logo) <= 200000),
    logo_digest text,
    CONSTRAINT brands_logo_has_a_digest CHECK ((logo IS NULL) = (logo_digest IS NULL))
);
