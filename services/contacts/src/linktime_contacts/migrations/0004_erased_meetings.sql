-- With a contact go its meetings. Of each only the booking's id stays: it keeps later events of the
-- booking from bringing anything back.
ALTER TABLE meetings
    ALTER COLUMN starts_at DROP NOT NULL,
    ALTER COLUMN ends_at DROP NOT NULL,
    ALTER COLUMN status DROP NOT NULL,
    ALTER COLUMN event_type_id DROP NOT NULL,
    ALTER COLUMN event_type_name DROP NOT NULL,
    ALTER COLUMN event_type_slug DROP NOT NULL,
    ALTER COLUMN event_type_minutes DROP NOT NULL,
    ADD CONSTRAINT meetings_whole_or_erased CHECK (
        num_nulls(starts_at, ends_at, status, event_type_id, event_type_name, event_type_slug,
                  event_type_minutes) IN (0, 7)
    );

UPDATE meetings
   SET starts_at = NULL, ends_at = NULL, status = NULL, event_type_id = NULL,
       event_type_name = NULL, event_type_slug = NULL, event_type_minutes = NULL
 WHERE contact_id IS NULL;
