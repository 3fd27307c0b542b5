-- Finds a cancelled booking, whose reservations are all freed.
CREATE INDEX reservations_freed_of_booking ON reservations (booking_id) WHERE status = 'freed';
