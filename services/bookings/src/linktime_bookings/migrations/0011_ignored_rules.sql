-- Whether the host made the change without regard to the rules of the event type.
ALTER TABLE booking_history ADD COLUMN ignored_rules boolean NOT NULL DEFAULT false;
