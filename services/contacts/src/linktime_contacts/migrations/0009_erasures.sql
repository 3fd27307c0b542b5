-- Persons to erase, until every service has done it; then who it was is removed from the row, too.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    contact_ids uuid[] NOT NULL,
    booking_ids uuid[] NOT NULL,
    emails text[] NOT NULL,
    phones text[] NOT NULL,
    round integer NOT NULL DEFAULT 1,
    waiting_for text[] NOT NULL,  -- the services that have not confirmed the round
    requested_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,  -- when the next round may begin
    finished_at timestamptz
);
CREATE INDEX erasures_unfinished ON erasures (due_at) WHERE finished_at IS NULL;
