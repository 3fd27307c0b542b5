-- Facts on their way out: written in the transaction of the effect, published by a relay.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    routing_key text NOT NULL,
    envelope bytea NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    claimed_until timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX outbox_unpublished ON outbox (next_attempt_at, seq) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Which events a consumer of this service has taken in, written with their effect.
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_received ON inbox (received_at);

-- Messages given up on, with the reason, until an operator replays or drops them.
CREATE TABLE parked_messages (
    id uuid PRIMARY KEY,
    consumer text NOT NULL,
    routing_key text NOT NULL,
    body bytea NOT NULL,
    message_id text,
    headers jsonb NOT NULL,
    reason text NOT NULL,
    stack text,
    parked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_messages_by_time ON parked_messages (parked_at, id);
