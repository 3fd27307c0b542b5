-- The language of mails: a catalogue's name such as "de"; NULL when it is not known.
ALTER TABLE bookings ADD COLUMN invitee_locale text;
ALTER TABLE bookings ADD COLUMN host_locale text;

-- One mail to one person. The id is derived from fact and person, so a fact has one mail of a kind.
-- Address, facts and content are removed when their retention ends.
CREATE TABLE email_messages (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    booking_id uuid,
    sequence integer,
    kind text NOT NULL,
    resend_of uuid,
    -- NULL: the owner's address, looked up when the mail is sent; also NULL after retention.
    recipient text,
    recipient_name text,
    locale text NOT NULL,
    timezone text NOT NULL,
    facts jsonb,
    status text NOT NULL DEFAULT 'QUEUED'
        CHECK (status IN ('QUEUED', 'SENDING', 'SENT', 'DEFERRED', 'FAILED', 'SUPPRESSED')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    leased_until timestamptz,
    content bytea,
    smtp_code integer,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX email_messages_due ON email_messages (due_at, id)
    WHERE status IN ('QUEUED', 'SENDING', 'DEFERRED');
CREATE INDEX email_messages_of_booking ON email_messages (booking_id, created_at)
    WHERE booking_id IS NOT NULL;
CREATE INDEX email_messages_to_empty ON email_messages (created_at) WHERE facts IS NOT NULL;

-- Reminders of confirmed bookings; a moved booking has new ones for its new sequence.
CREATE TABLE reminders (
    booking_id uuid NOT NULL,
    sequence integer NOT NULL,
    minutes_before integer NOT NULL,
    due_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'QUEUED', 'VOID')),
    PRIMARY KEY (booking_id, sequence, minutes_before)
);
CREATE INDEX reminders_due ON reminders (due_at) WHERE status = 'WAITING';

-- How many mails were leased on a UTC day for an address or an owner; for limits.
CREATE TABLE email_counts (
    day date NOT NULL,
    key text NOT NULL,
    emails integer NOT NULL,
    PRIMARY KEY (day, key)
);
