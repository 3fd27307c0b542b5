-- Replays of a range: what was asked for, and how far it is. One at a time for an endpoint.
CREATE TABLE replays (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    states text[] NOT NULL,
    event_types text[],
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled')),
    chosen integer,
    has_more boolean,
    replayed integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    worked_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT replays_finished_when_not_running
        CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE UNIQUE INDEX replays_running_are_once ON replays (endpoint_id) WHERE state = 'running';
CREATE INDEX replays_by_end ON replays (finished_at) WHERE finished_at IS NOT NULL;

-- What a running replay has chosen and not made a delivery of.
CREATE TABLE replay_events (
    replay_id uuid NOT NULL REFERENCES replays ON DELETE CASCADE,
    event_created_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (replay_id, event_created_at, event_id)
);
