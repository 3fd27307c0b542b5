-- Slugs that event types had: links with them open the event type until another one has the slug.
CREATE TABLE former_slugs (
    host_id uuid NOT NULL REFERENCES hosts (id),
    slug text NOT NULL,
    event_type_id uuid NOT NULL REFERENCES event_types (id),
    replaced_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (host_id, slug)
);
