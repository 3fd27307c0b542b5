-- `reads_since` is when LinkTime began to read the calendar: it was chosen, or its account was connected again.
-- Nothing reads `version`; code of the earlier release still writes it.
ALTER TABLE calendars ADD COLUMN reads_since timestamptz NOT NULL DEFAULT now();
UPDATE calendars SET reads_since = created_at;

-- When an inactive host became active again.
ALTER TABLE hosts ADD COLUMN active_since timestamptz;

-- Leases of a host are counted before it gets another one.
CREATE INDEX calendars_leased ON calendars (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX calendar_event_links_leased ON calendar_event_links (leased_until)
    WHERE leased_until IS NOT NULL;
