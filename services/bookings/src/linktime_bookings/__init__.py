"""LinkTime's bookings and their history."""
