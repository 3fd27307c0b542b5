-- A host can have several schedules. `schedules` has the default one of each host, as before;
-- `other_schedules` has the others, with their overrides by date. When another one becomes the
-- default, the two rows change places and keep their ids.
ALTER TABLE schedules
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN name text NOT NULL DEFAULT 'Working hours';

CREATE TABLE other_schedules (
    id uuid PRIMARY KEY,
    host_id uuid NOT NULL REFERENCES schedules (host_id),
    name text NOT NULL,
    timezone text NOT NULL,
    weekly jsonb NOT NULL,
    overrides jsonb NOT NULL
);
CREATE INDEX other_schedules_of_host ON other_schedules (host_id);

-- Null is the host's default schedule, whichever that is. Without a foreign key, as the schedule may
-- be in either table: who sets it or deletes a schedule locks the host's row of `schedules`.
ALTER TABLE event_types ADD COLUMN schedule_id uuid;
