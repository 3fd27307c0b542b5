-- What the dispatchers decide together each time one of them claims. Apart from the health, whose
-- rows are locked while results are recorded: a claim does not wait for that.
-- `tokens` of `rate_per_second` were left at `tokens_at`. `taken` is a JSON object from a
-- dispatcher's id to [its slots, epoch until which it has them, epoch until which it wants more].
CREATE TABLE endpoint_turns (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoint_health ON DELETE CASCADE,
    tokens double precision NOT NULL DEFAULT 0,
    tokens_at timestamptz NOT NULL DEFAULT to_timestamp(0),
    taken jsonb NOT NULL DEFAULT '{}'
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0
);
