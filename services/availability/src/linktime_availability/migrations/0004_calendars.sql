-- Hosts' accounts at calendar servers. The sealed value is JSON: the secret parts of the connection.
CREATE TABLE calendar_accounts (
    id uuid PRIMARY KEY,
    host_id uuid NOT NULL REFERENCES hosts (id),
    kind text NOT NULL CHECK (kind IN ('caldav', 'ics')),
    preset text NOT NULL,
    server text NOT NULL,
    user_name text NOT NULL,
    credentials bytea NOT NULL,
    state text NOT NULL DEFAULT 'CONNECTED' CHECK (state IN ('CONNECTED', 'RECONNECT')),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX calendar_accounts_of_host ON calendar_accounts (host_id, created_at, id);

-- `expanded_…` say for which time, zone and address the busy intervals were computed. A worker has
-- the calendar until `leased_until`; what it stores after another one has it is ignored.
CREATE TABLE calendars (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES calendar_accounts (id) ON DELETE CASCADE,
    host_id uuid NOT NULL REFERENCES hosts (id),
    ref text NOT NULL,
    name text NOT NULL,
    colour text,
    is_writable boolean NOT NULL,
    reads boolean NOT NULL,
    writes boolean NOT NULL DEFAULT false,
    sync_state text,
    version bigint NOT NULL DEFAULT 0,
    synced_at timestamptz,
    next_sync_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    failures integer NOT NULL DEFAULT 0,
    last_error text,
    disconnected_at timestamptz,
    expanded_until timestamptz,
    expanded_zone text,
    expanded_address text,
    compared_at timestamptz,
    events integer NOT NULL DEFAULT 0,
    refused_count integer NOT NULL DEFAULT 0,
    refused jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT calendars_ref_is_unique UNIQUE (account_id, ref),
    CONSTRAINT calendars_written_are_writable CHECK (is_writable OR NOT writes)
);
CREATE UNIQUE INDEX calendars_one_is_written ON calendars (host_id) WHERE writes;
CREATE INDEX calendars_of_host ON calendars (host_id, created_at, id);
CREATE INDEX calendars_due ON calendars (next_sync_at) WHERE reads;

-- What the server has, as it has it: expanded again when the time moves on.
CREATE TABLE calendar_objects (
    calendar_id uuid NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    host_id uuid NOT NULL,
    ref text NOT NULL,
    version text NOT NULL,
    data bytea NOT NULL,
    events integer NOT NULL,
    refused_count integer NOT NULL,
    refused jsonb NOT NULL,
    PRIMARY KEY (calendar_id, ref)
);

CREATE TABLE busy_intervals (
    calendar_id uuid NOT NULL,
    host_id uuid NOT NULL,
    ref text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (calendar_id, ref, starts_at),
    FOREIGN KEY (calendar_id, ref) REFERENCES calendar_objects ON DELETE CASCADE
);
CREATE INDEX busy_intervals_of_host ON busy_intervals
    USING gist (host_id, tstzrange(starts_at, ends_at));

-- What a host chose for calendars that cannot be read; without a row it is fail_closed.
CREATE TABLE calendar_policies (
    host_id uuid PRIMARY KEY REFERENCES hosts (id),
    policy text NOT NULL CHECK (policy IN ('fail_closed', 'fail_open'))
);
