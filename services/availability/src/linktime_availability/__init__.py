"""LinkTime's event types, schedules, slots and reservations."""
