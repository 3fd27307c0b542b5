-- One thread for each channel, other party and number of ours. Whose contact the other party is
-- gets looked up when a thread is read: a contact may come, go or change its number at any time.
CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('SMS', 'WHATSAPP')),
    contact_address text NOT NULL,  -- a phone number with its +, else a short code or a sender's name
    our_address text NOT NULL,
    first_message_at timestamptz NOT NULL,
    last_message_at timestamptz NOT NULL,
    CONSTRAINT conversations_are_one_for_each_pair
        UNIQUE (owner_id, contact_address, channel, our_address)
);
-- A page is found, skipped to and counted in it without touching the rows.
CREATE INDEX conversations_newest_first ON conversations (owner_id, last_message_at DESC, id)
    INCLUDE (first_message_at);

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversations (id),
    source text NOT NULL,
    external_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('INBOUND', 'OUTBOUND')),
    content text,
    media jsonb NOT NULL,
    sent_at timestamptz NOT NULL,
    status text,
    CONSTRAINT messages_are_told_by_their_source UNIQUE (owner_id, source, external_id)
);
CREATE INDEX messages_in_order ON messages (conversation_id, sent_at, id);

CREATE TABLE calls (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('INBOUND', 'OUTBOUND')),
    contact_phone text,
    agent_name text,
    agent_id text,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    duration_seconds integer NOT NULL,
    status text NOT NULL CHECK (status IN ('COMPLETED', 'FAILED', 'NO_ANSWER')),
    end_reason text,
    summary text,
    transcript jsonb NOT NULL,
    recording_url text,
    booking_id text,
    metadata jsonb NOT NULL,
    CONSTRAINT calls_are_told_by_their_source UNIQUE (owner_id, source, external_id)
);
CREATE INDEX calls_newest_first ON calls (owner_id, started_at DESC, id);
CREATE INDEX calls_by_status ON calls (owner_id, status, started_at DESC, id);
