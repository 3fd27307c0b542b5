-- What an owner chose for an endpoint. Custom headers may hold credentials, so they are sealed: a
-- JSON object from name to value. `disabled_reason`: its owner's wish, a 410, or it failed too long.
ALTER TABLE endpoints
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN sealed_headers bytea,
    ADD COLUMN rate_per_second integer CHECK (rate_per_second BETWEEN 1 AND 1000),
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN disabled_reason text CHECK (disabled_reason IN ('owner', 'gone', 'failing')),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT endpoints_disabled_has_a_reason
        CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL));

-- The newest signs first, older ones beside it until they expire. All are sealed for the row
-- `endpoints/<endpoint id>`.
CREATE TABLE endpoint_secrets (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoints ON DELETE CASCADE,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
);
CREATE INDEX endpoint_secrets_by_endpoint ON endpoint_secrets (endpoint_id, created_at DESC, id);

INSERT INTO endpoint_secrets (id, endpoint_id, sealed, created_at)
SELECT gen_random_uuid(), id, sealed_secret, created_at
  FROM endpoints
 WHERE deleted_at IS NULL;

ALTER TABLE endpoints DROP COLUMN sealed_secret;

-- How an endpoint has answered: apart from its settings, as this changes with every batch.
-- `recent` holds the last 20 attempts, oldest first, as [milliseconds, "ok" | "failed" | "timeout"].
CREATE TABLE endpoint_health (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoints ON DELETE CASCADE,
    recent jsonb NOT NULL DEFAULT '[]',
    slow boolean NOT NULL DEFAULT false,
    consecutive_failures integer NOT NULL DEFAULT 0,
    breaker text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'half_open')),
    breaker_until timestamptz,
    breaker_seconds integer NOT NULL DEFAULT 0,
    paused_until timestamptz,
    failing_since timestamptz,
    failures_since_success integer NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    warned_hours smallint NOT NULL DEFAULT 0,
    -- What is left of `rate_per_second`, and since when: one bucket for all dispatchers.
    tokens double precision NOT NULL DEFAULT 0,
    tokens_at timestamptz NOT NULL DEFAULT to_timestamp(0)
) WITH (fillfactor = 50);
CREATE INDEX endpoint_health_failing ON endpoint_health (failing_since)
    WHERE failing_since IS NOT NULL;

INSERT INTO endpoint_health (endpoint_id)
SELECT id FROM endpoints WHERE deleted_at IS NULL;

ALTER TABLE attempts RENAME TO old_attempts;
ALTER TABLE deliveries RENAME TO old_deliveries;

-- What is sent: serialised once, so every attempt and every endpoint gets the same bytes.
CREATE TABLE events (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- Which events were taken in: the key of a partitioned table cannot tell.
CREATE TABLE events_seen (
    event_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
CREATE INDEX events_seen_by_age ON events_seen (seen_at);

-- What is still to be sent, and nothing else. `attempt` counts attempts made; `claims` also counts
-- the times a dispatcher died with the row in hand.
CREATE TABLE deliveries (
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_created_at timestamptz NOT NULL,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    kind text NOT NULL DEFAULT 'event' CHECK (kind IN ('event', 'replay', 'test')),
    is_replay boolean NOT NULL GENERATED ALWAYS AS (kind = 'replay') STORED,
    attempt integer NOT NULL DEFAULT 0,
    claims integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    lease_until timestamptz,
    lease_owner uuid,
    last_reason text,
    created_at timestamptz NOT NULL,
    CONSTRAINT live_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT live_deliveries_are_once UNIQUE (event_id, endpoint_id)
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0
);
-- Read from one endpoint to the next, what happened before what is replayed.
CREATE INDEX live_deliveries_due ON deliveries (is_replay, endpoint_id, next_at)
    WHERE lease_until IS NULL;
-- An endpoint's deliveries, newest first: as its owner reads them, and to end them all.
CREATE INDEX live_deliveries_by_endpoint ON deliveries (endpoint_id, created_at DESC, id DESC);
CREATE INDEX live_deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL;

-- What became of deliveries. An event that found its endpoint disabled is `suppressed`: never sent
-- by itself, but it can be replayed. A replay is a new delivery of the same event.
CREATE TABLE delivery_history (
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_created_at timestamptz NOT NULL,
    endpoint_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL
        CHECK (state IN ('delivered', 'failed', 'suppressed', 'cancelled', 'poison')),
    attempt integer NOT NULL,
    last_reason text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (finished_at, id)
) PARTITION BY RANGE (finished_at);
CREATE INDEX delivery_history_by_endpoint
    ON delivery_history (endpoint_id, created_at DESC, id DESC);
CREATE INDEX delivery_history_by_id ON delivery_history (id);
CREATE TABLE delivery_history_default PARTITION OF delivery_history DEFAULT;

-- What was sent and answered, kept as bytes: a receiver may answer anything.
CREATE TABLE attempts (
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    attempt integer NOT NULL,
    at timestamptz NOT NULL,
    url text NOT NULL,
    address text,
    request_headers jsonb NOT NULL,
    status integer,
    reason text NOT NULL,
    dns_ms integer,
    connect_ms integer,
    tls_ms integer,
    first_byte_ms integer,
    total_ms integer NOT NULL,
    response_headers bytea NOT NULL DEFAULT '',
    response_body bytea NOT NULL DEFAULT '',
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX attempts_of_delivery ON attempts (delivery_id, attempt);
CREATE TABLE attempts_default PARTITION OF attempts DEFAULT;

INSERT INTO events (id, owner_id, type, body, occurred_at, created_at)
SELECT id, owner_id, type, body, occurred_at, created_at FROM messages;

INSERT INTO events_seen (event_id, seen_at)
SELECT id, created_at FROM messages;

INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, attempt, claims, next_at,
                        created_at)
SELECT d.id, m.id, m.created_at, d.endpoint_id, d.attempt, d.attempt, d.next_at, m.created_at
  FROM old_deliveries d
  JOIN messages m ON m.id = d.message_id
 WHERE d.state = 'pending';

INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state, attempt,
                              created_at, finished_at)
SELECT d.id, m.id, m.created_at, d.endpoint_id, 'event', d.state, d.attempt, m.created_at,
       coalesce(d.finished_at, m.created_at)
  FROM old_deliveries d
  JOIN messages m ON m.id = d.message_id
 WHERE d.state <> 'pending';

DROP TABLE old_attempts, old_deliveries, messages;
