-- Limits for each ISO week and month and for each invitee, and how late invitees may change bookings.
ALTER TABLE event_types
    ADD COLUMN weekly_limit integer CHECK (weekly_limit >= 1),
    ADD COLUMN monthly_limit integer CHECK (monthly_limit >= 1),
    ADD COLUMN max_active_per_invitee integer CHECK (max_active_per_invitee >= 1),
    ADD COLUMN change_notice_minutes integer CHECK (change_notice_minutes >= 0);
