-- Hosts who have left their organization, and whose coming bookings are being cancelled. A row goes
-- when none of those made before `created_before` is left.
CREATE TABLE deprovisionings (
    membership_id uuid PRIMARY KEY,
    host_id uuid NOT NULL,
    created_before timestamptz NOT NULL
);
CREATE INDEX deprovisionings_in_order ON deprovisionings (created_before, membership_id);
