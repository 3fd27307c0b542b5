-- Rounds of erasures that this service has to do: whom to erase, until a job has done and confirmed it.
CREATE TABLE erasure_rounds (
    erasure_id uuid NOT NULL,
    round bigint NOT NULL,
    owner_id uuid NOT NULL,
    emails text[] NOT NULL,
    phones text[] NOT NULL,
    ids uuid[] NOT NULL,  -- of contacts and bookings
    requested_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),  -- later while a process works on it, or it must wait
    PRIMARY KEY (erasure_id, round)
);
CREATE INDEX erasure_rounds_due ON erasure_rounds (due_at);
