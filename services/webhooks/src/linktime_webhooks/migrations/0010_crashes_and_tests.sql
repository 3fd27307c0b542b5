-- How many dispatchers died with the delivery in hand. `claims`, which also counted what was given
-- back and what a fault of our own proxy put off, is not read any more; processes of the version
-- before still write it.
ALTER TABLE deliveries ADD COLUMN crashes integer NOT NULL DEFAULT 0;

-- Test events are looked for by themselves: they do not wait behind what is due.
CREATE INDEX live_deliveries_tests ON deliveries (endpoint_id, next_at)
    WHERE kind = 'test' AND lease_until IS NULL;

-- When the last test events of an endpoint were asked for: there are a few a minute.
ALTER TABLE endpoint_health ADD COLUMN tests_at timestamptz[] NOT NULL DEFAULT '{}';
