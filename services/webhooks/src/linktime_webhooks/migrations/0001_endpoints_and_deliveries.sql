CREATE TABLE endpoints (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    sealed_secret bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX endpoints_by_owner ON endpoints (owner_id, created_at, id);

-- What is sent: serialised once, so every attempt and every endpoint gets the same bytes.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One row for each message and endpoint. `attempt` counts answers and failures; `claims` also
-- counts the times a dispatcher died with the row in hand.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    endpoint_id uuid NOT NULL REFERENCES endpoints ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempt integer NOT NULL DEFAULT 0,
    claims integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    lease_owner uuid,
    finished_at timestamptz,
    UNIQUE (message_id, endpoint_id)
) WITH (fillfactor = 70);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at) WHERE state = 'pending';

CREATE TABLE attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    status integer,
    reason text NOT NULL,
    milliseconds integer NOT NULL
);
CREATE INDEX attempts_by_delivery ON attempts (delivery_id, attempt);
