-- What a write answered, by its Idempotency-Key, for as long as a repeat must get the same answer.
CREATE TABLE idempotency_records (
    scope text NOT NULL,
    key text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    fingerprint bytea NOT NULL,
    -- What the first attempt chose and a repeat goes on with, such as the new resource's id.
    memory jsonb NOT NULL,
    -- Whoever holds the claim is at work; after `claimed_until` a repeat may take it over.
    claim uuid NOT NULL,
    claimed_until timestamptz NOT NULL,
    status smallint,
    answer bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key, method, path),
    CHECK ((status IS NULL) = (answer IS NULL))
);
CREATE INDEX idempotency_records_created ON idempotency_records (created_at);
