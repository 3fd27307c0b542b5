-- An endpoint that its owner deleted keeps only its id, for the deliveries that name it: deleting
-- the row would have to look for them in the whole table.
ALTER TABLE endpoints ADD COLUMN deleted_at timestamptz;

ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
    CHECK (state IN ('pending', 'delivered', 'failed', 'cancelled'));
